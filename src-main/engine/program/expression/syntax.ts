/** The tree of an expression. `column` is where its operator or name stands. */
export type Syntax =
  | {
      readonly kind: 'number';
      readonly value: bigint;
      readonly typeName: string;
      readonly column: number;
    }
  | { readonly kind: 'name'; readonly name: string; readonly column: number }
  | {
      readonly kind: 'static-local';
      readonly function: string;
      readonly name: string;
      readonly column: number;
    }
  | { readonly kind: 'history'; readonly name: string; readonly column: number }
  | {
      readonly kind: 'unary';
      readonly operator: UnaryOperator;
      readonly operand: Syntax;
      readonly column: number;
    }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Syntax;
      readonly right: Syntax;
      readonly column: number;
    }
  | {
      readonly kind: 'conditional';
      readonly condition: Syntax;
      readonly whenTrue: Syntax;
      readonly whenFalse: Syntax;
      readonly column: number;
    }
  | {
      readonly kind: 'member';
      readonly object: Syntax;
      readonly name: string;
      readonly column: number;
    }
  | {
      readonly kind: 'index';
      readonly object: Syntax;
      readonly index: Syntax;
      readonly column: number;
    }
  | {
      readonly kind: 'cast';
      readonly typeName: string;
      readonly operand: Syntax;
      readonly column: number;
    }
  | { readonly kind: 'sizeof-type'; readonly typeName: string; readonly column: number }
  | { readonly kind: 'sizeof'; readonly operand: Syntax; readonly column: number }
  | {
      readonly kind: 'offsetof';
      readonly typeName: string;
      readonly path: string;
      readonly column: number;
    }
  | {
      readonly kind: 'container-of';
      readonly operand: Syntax;
      readonly typeName: string;
      readonly path: string;
      readonly column: number;
    }
  | {
      readonly kind: 'per-cpu';
      readonly operand: Syntax;
      readonly cpu: Syntax;
      readonly column: number;
    };

export type UnaryOperator = '-' | '+' | '!' | '~' | '*' | '&';
export type BinaryOperator =
  | '*'
  | '/'
  | '%'
  | '+'
  | '-'
  | '<<'
  | '>>'
  | '<'
  | '<='
  | '>'
  | '>='
  | '=='
  | '!='
  | '&'
  | '^'
  | '|'
  | '&&'
  | '||'
  | '@';

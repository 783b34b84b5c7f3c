/** How a register's value in the caller is found. @source DWARF 5, 6.4.1 */
export type RegisterRule =
  | { readonly kind: 'undefined' }
  | { readonly kind: 'same' }
  /** In memory at CFA + offset. */
  | { readonly kind: 'offset'; readonly offset: number }
  /** CFA + offset itself. */
  | { readonly kind: 'value-offset'; readonly offset: number }
  | { readonly kind: 'register'; readonly register: number }
  /** In memory at what the expression gives; the CFA is pushed first. */
  | { readonly kind: 'expression'; readonly bytes: Uint8Array }
  /** What the expression gives; the CFA is pushed first. */
  | { readonly kind: 'value-expression'; readonly bytes: Uint8Array };

export type CfaRule =
  | { readonly kind: 'register'; readonly register: number; readonly offset: number }
  | { readonly kind: 'expression'; readonly bytes: Uint8Array };

/** The table's row for one address. */
export interface CfiRow {
  readonly cfa: CfaRule;
  /** By DWARF's number; registers not in it have no rule. */
  readonly registers: ReadonlyMap<number, RegisterRule>;
  /** Number of the column that holds the return address. */
  readonly returnRegister: number;
  /** The frame was made by a signal or an interrupt: pc is no return address (augmentation S). */
  readonly signal: boolean;
  readonly addressSize: number;
  readonly origin: 'debug_frame' | 'eh_frame';
}

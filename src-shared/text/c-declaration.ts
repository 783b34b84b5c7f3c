/**
 * A member's declaration from its type's: the name goes where C wants it, inside `(*)` of a pointer
 * to a function or array, before the dimensions of an array, else at the end.
 */
export function declaration(typeName: string, name: string): string {
  const inner = /\(\*+(?=[)[])/.exec(typeName);
  if (inner !== null) {
    const at = inner.index + inner[0].length;
    return typeName.slice(0, at) + name + typeName.slice(at);
  }
  const dimensions = / ?((?:\[[^\]]*\])+)$/.exec(typeName);
  if (dimensions !== null) {
    return `${spaced(typeName.slice(0, dimensions.index))}${name}${dimensions[1] ?? ''}`;
  }
  return name === '' ? typeName : `${spaced(typeName)}${name}`;
}

function spaced(type: string): string {
  return type.endsWith('*') ? type : `${type} `;
}

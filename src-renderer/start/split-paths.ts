/** Several paths of a split set: parted by blanks, quotes keep blanks inside, `\ ` is a blank. */
export function splitPaths(text: string): readonly string[] {
  const paths: string[] = [];
  for (const match of text.matchAll(/"([^"]*)"|'([^']*)'|((?:\\.|[^\s\\])+)/g)) {
    const path = match[1] ?? match[2] ?? match[3]?.replaceAll(/\\(.)/g, '$1') ?? '';
    if (path) paths.push(path);
  }
  return paths;
}

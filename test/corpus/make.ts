/** `npm run corpus [-- NAME…]`: hands over to make.sh, see README.md. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('make.sh', import.meta.url));
const { status, error } = spawnSync('bash', [script, ...process.argv.slice(2)], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (error) console.error(`corpus: ${error.message}`);
process.exit(status ?? 1);

import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { state } from './state.ts';

/** A utility process is a real process here too; only its way to talk differs (parent-port.ts). */
class UtilityProcess extends EventEmitter {
  readonly #child: ChildProcess;

  constructor(entry: string, args: readonly string[]) {
    super();
    const shim = pathToFileURL(join(import.meta.dirname, 'parent-port.ts')).href;
    this.#child = fork(entry, args, { execArgv: ['--import', shim], serialization: 'advanced' });
    state().processes.add(this);
    this.#child.on('message', (message) => this.emit('message', message));
    this.#child.on('exit', (code) => {
      state().processes.delete(this);
      this.emit('exit', code ?? 1);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  postMessage(message: unknown): void {
    if (this.#child.connected) this.#child.send(message as object);
  }

  kill(): boolean {
    return this.#child.kill();
  }
}

export const utilityProcess = {
  fork: (entry: string, args: readonly string[] = []) => new UtilityProcess(entry, args),
};

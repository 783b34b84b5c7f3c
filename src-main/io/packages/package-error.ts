/** A package or compressed file that cannot be read; the message is a sentence naming the file. */
export class PackageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PackageError';
  }
}

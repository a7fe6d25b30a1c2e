// A rename that cannot be done by machine. What must hold: nothing was changed when it is thrown, and the message says what
// a person can do. Exit code 1.
import type { GeneratorCode } from '../codes.js';

export class RenameRefused extends Error {
  readonly code: GeneratorCode;
  readonly exitCode = 1;
  constructor(code: 'DJ1230' | 'DJ1231' | 'DJ1232', message: string) {
    super(message);
    this.name = 'RenameRefused';
    this.code = code;
  }
}

/** The machine refused something that the command line and the documents allow: no permission, no space. Exit code 3. */
export class EnvironmentError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EnvironmentError';
  }
}

import type { LogEvent } from './watch-log.ts';

/** How the documents and the rules of a watch stand, in one line, as `systemctl status` shows it. */
export class WatchStatus {
  #documents = '';
  #rules = 'no rules have been applied';
  #good = 'the kernel has the rules of the documents';

  /** Takes in what was logged. */
  note(event: LogEvent): void {
    switch (event.event) {
      case 'documents-broken':
        this.#documents = 'the documents are broken; ';
        return;
      case 'documents-whole':
        this.#documents = '';
        return;
      case 'applied':
        this.#good = `apply ${event.apply} is in force`;
        this.#rules = this.#good;
        return;
      case 'in-agreement':
        this.#rules = this.#good;
        return;
      case 'refused':
        this.#rules = 'the guard refused new rules, and the last good ones are in force';
        return;
      case 'failed':
        this.#rules = `the last try failed: ${event.message}`;
        return;
      default:
        return;
    }
  }

  text(): string {
    return `${this.#documents}${this.#rules}`;
  }
}

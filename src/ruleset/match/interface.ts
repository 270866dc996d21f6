/** `-i` or `-o`. With `prefix`, every interface whose name starts with `name` (`cali+`). */
export interface InterfaceMatch {
  readonly kind: 'interface';
  readonly direction: 'in' | 'out';
  readonly name: string;
  readonly prefix: boolean;
  readonly negated: boolean;
}

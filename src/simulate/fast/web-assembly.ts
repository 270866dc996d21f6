/** Memory of compiled code. */
export interface CodeMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** The part of WebAssembly's interface that is used here; TypeScript knows it only together with all that browsers have. */
interface WebAssemblyInterface {
  readonly Memory: new (options: { readonly initial: number }) => CodeMemory;
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: object };
}

/** Undefined where V8 compiles nothing (`node --jitless`). */
export const webAssembly: WebAssemblyInterface | undefined = (
  globalThis as unknown as { readonly WebAssembly?: WebAssemblyInterface }
).WebAssembly;

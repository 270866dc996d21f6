export declare function compilePlain(constants: ReadonlyMap<string, number>): Promise<Uint8Array>;

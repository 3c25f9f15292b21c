/** Writes sim.js, index.js and the licence notices into the folder. */
export function bundle(outdir?: string): Promise<void>;
/** Writes the declarations into types/ of the folder. */
export function declarations(outdir?: string): void;

/** Set by the bundler to the version in package.json; absent when the sources run as they are. */
declare const SIM_VERSION: string | undefined;

export const VERSION: string = typeof SIM_VERSION === "string" ? SIM_VERSION : "0.0.0-source";

/** What is modelled, as trace headers name it. */
export const MODEL = "libzmq 4.3.5";

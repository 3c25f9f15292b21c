/** The index of scenarios/questions/ as Markdown. */
export function questionsPage(): string;

import type { VerifyFinding } from '@millrace/contracts/maintenance';

/** Of one code; a last one says how many there are beyond. */
export const FINDINGS_MAX = 100;

/** What was found, in the order in which it was found. A disk that is gone must not fill the memory with its files' names. */
export class Findings {
  private readonly listed: VerifyFinding[] = [];
  private readonly counts = new Map<string, number>();

  add(code: string, subject: string, message: string): void {
    const count = (this.counts.get(code) ?? 0) + 1;
    this.counts.set(code, count);
    if (count <= FINDINGS_MAX) this.listed.push({ code, subject, message });
  }

  all(): readonly VerifyFinding[] {
    const beyond = [...this.counts]
      .filter(([, count]) => count > FINDINGS_MAX)
      .map(([code, count]) => ({
        code,
        subject: `${count - FINDINGS_MAX} more`,
        message: `There are ${count} of these; the first ${FINDINGS_MAX} are listed.`,
      }));
    return [...this.listed, ...beyond];
  }
}

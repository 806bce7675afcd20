import { logLine, plainText } from '../output/terminal-text.js';
import { paintStatus, statusMark, type Style } from '../output/style.js';
import { between, bytes, duration, localTime } from '../output/values.js';
import type { ActionItem, ExecutionItem, StageItem, WatchItem } from './watch-item.js';

/** Turns what happens into lines for people. Keeps the start of the execution, to say how long after it something was. */
export class WatchPresenter {
  #startedAt: string | undefined;
  #executionId = '';
  #pipeline = '';

  constructor(private readonly style: Style) {}

  present(item: WatchItem): readonly string[] {
    switch (item.type) {
      case 'execution':
        return this.#execution(item);
      case 'stage':
        return [this.#at(item.at) + this.#stage(item)];
      case 'action':
        return this.#action(item);
      case 'log':
        return [
          `${this.#blank()}  ${this.style.dim(`${plainText(item.action)} │`)} ${logLine(item.line, this.style.colours)}`,
        ];
      case 'logCut':
        return [
          `${this.#blank()}  ${this.style.dim(`${plainText(item.action)} │ … ${bytes(item.bytes)} before: ${plainText(`millrace logs ${this.#executionId} ${item.stage}/${item.action}`)}`)}`,
        ];
      case 'approval':
        return this.#approval(item);
      case 'waiting':
        return [
          `${this.#at(item.at)}${item.action === null ? '' : `  ${plainText(item.action)} `}${this.style.yellow(`◦ ${plainText(item.explanation)}`)}`,
        ];
    }
  }

  #execution(item: ExecutionItem): readonly string[] {
    const { style } = this;
    const name = style.bold(`${plainText(item.pipeline)} #${item.ordinal}`);
    if (item.status === 'InProgress') {
      this.#startedAt = item.startedAt;
      this.#executionId = item.executionId;
      this.#pipeline = item.pipeline;
      if (item.resumed) return [`${this.#at(item.at)}${name} goes on`];
      const by = item.trigger.type === 'StartPipelineExecution' ? item.startedBy : item.trigger.detail;
      const trigger = `${plainText(item.trigger.type)} (${plainText(by)})`;
      return [`${this.#at(item.at)}${name} started by ${trigger} ${style.dim(plainText(item.executionId))}`];
    }
    const took = item.status === 'Stopping' || item.durationMs === null ? '' : `, ${duration(item.durationMs)}`;
    const said = item.summary === null ? '' : `: ${plainText(item.summary)}`;
    return [`${this.#at(item.at)}${name} ${this.#marked(item.status)}${took}${said}`];
  }

  #stage(item: StageItem): string {
    const name = this.style.bold(plainText(item.stage));
    if (item.status === 'InProgress') {
      const retry = item.retries === 0 ? '' : `, retry ${item.retries}`;
      return `${name} ${this.style.dim(`stage ${item.number} of ${item.stages}${retry}`)}`;
    }
    return `${name} ${this.#marked(item.status)}${took(item.durationMs)}`;
  }

  #action(item: ActionItem): readonly string[] {
    const attempt = item.attempt === 1 ? '' : this.style.dim(` attempt ${item.attempt}`);
    const head = `${this.#at(item.at)}  ${plainText(item.action)}${attempt}`;
    if (item.status === 'InProgress') return [`${head} ${this.style.dim(`▸ ${plainText(item.provider)}`)}`];
    const said = item.summary === null || item.summary === '' ? '' : `: ${plainText(item.summary)}`;
    const line = `${head} ${this.#marked(item.status)}${took(item.durationMs)}${said}`;
    if (item.error === null) return [line];
    return [
      line,
      `${this.#blank()}    ${this.style.red(`${plainText(item.error.code)}: ${plainText(item.error.message)}`)}`,
    ];
  }

  #approval(item: Extract<WatchItem, { type: 'approval' }>): readonly string[] {
    const { style } = this;
    const lines = [
      `${this.#at(item.at)}  ${plainText(item.action)} ${style.yellow('◦ waits for an answer')} until ${localTime(item.expiresAt)}`,
    ];
    if (item.customData !== null) lines.push(`${this.#blank()}    ${plainText(item.customData)}`);
    if (item.externalEntityLink !== null) lines.push(`${this.#blank()}    ${plainText(item.externalEntityLink)}`);
    const comment = item.summaryRequired ? ' --comment "…"' : '';
    lines.push(
      `${this.#blank()}    ${style.dim(plainText(`millrace approve ${this.#pipeline} --stage ${item.stage} --action ${item.action}${comment}`))}`,
    );
    return lines;
  }

  #marked(status: string): string {
    return paintStatus(this.style, status, `${statusMark(status)} ${status}`);
  }

  #at(at: string): string {
    const ms = this.#startedAt === undefined ? 0 : between(this.#startedAt, at);
    return this.style.dim(`${duration(ms).padStart(9)}  `);
  }

  #blank(): string {
    return ' '.repeat(11);
  }
}

function took(durationMs: number | null): string {
  return durationMs === null ? '' : `, ${duration(durationMs)}`;
}

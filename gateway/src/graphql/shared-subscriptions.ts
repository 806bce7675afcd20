import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { liveIterator } from '../live/live-iterator.js';
import type { LiveIterator, RequestContext } from '../ports.js';

/**
 * Subscriptions that push states, with what tells one thing from another in what they push: of two states of one thing, a slow
 * subscriber needs the later one only. Events and logs are not shared: each follower pulls at its own pace.
 */
type State = Readonly<Record<string, unknown>>;
const SHARED: ReadonlyMap<string, (state: State) => unknown> = new Map<string, (state: State) => unknown>([
  ['pipelineChanged', () => ''],
  ['executionChanged', () => ''],
  ['pipelinesChanged', (change) => change['pipelineId']],
  ['approvalsChanged', (approval) => approval['id']],
]);

/** Things remembered for those who come later; beyond it the next one starts anew. */
const THINGS_MAX = 10_000;

/** A result as the text that goes into every subscriber's frame. */
export class Frame {
  constructor(readonly json: string) {}
}

export interface SharedSubscriptionsOptions {
  /** The result as a client may see it. */
  readonly present: (result: ExecutionResult, context: RequestContext) => object;
}

/** Runs what many ask for once, and serialises it once (pitfalls: one execution a client costs five times the time at 1,000 clients). */
export class SharedSubscriptions {
  readonly #running = new Map<string, Promise<Shared | ExecutionResult>>();

  constructor(private readonly options: SharedSubscriptionsOptions) {}

  /**
   * @param field - the operation's only root field.
   * @returns undefined when subscriptions of this field are not shared.
   */
  async subscribe(
    args: ExecutionArgs,
    field: string,
    text: string,
  ): Promise<LiveIterator<Frame> | ExecutionResult | undefined> {
    const keyOf = SHARED.get(field);
    if (keyOf === undefined) return undefined;
    const { viewer } = args.contextValue as RequestContext;
    const key = JSON.stringify([viewer.project, viewer.role, args.operationName, text, args.variableValues]);
    const shared = await (this.#running.get(key) ??
      this.#start(key, args, (payload) => keyOf(stateIn(payload, field))));
    if (!(shared instanceof Shared)) return shared;
    // It ended, or grew too large, while this one was waiting for it.
    return shared.join() ?? this.subscribe(args, field, text);
  }

  get size(): number {
    return this.#running.size;
  }

  #start(key: string, args: ExecutionArgs, keyOf: (payload: unknown) => unknown): Promise<Shared | ExecutionResult> {
    const started = createSourceEventStream(args).then((source) => {
      if (!(Symbol.asyncIterator in source)) {
        this.#running.delete(key);
        return source;
      }
      const run = async (payload: unknown): Promise<Frame> => {
        const result = await execute({ ...args, rootValue: payload });
        return new Frame(JSON.stringify(this.options.present(result, args.contextValue as RequestContext)));
      };
      return new Shared(source as AsyncIterable<unknown>, { run, keyOf }, () => {
        if (this.#running.get(key) === started) this.#running.delete(key);
      });
    });
    started.catch(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }
}

function stateIn(payload: unknown, field: string): State {
  return ((payload as State | null)?.[field] ?? {}) as State;
}

interface Work {
  readonly run: (payload: unknown) => Promise<Frame>;
  readonly keyOf: (payload: unknown) => unknown;
}

/** One source for all who have joined; it ends with the last of them. */
class Shared {
  readonly #latest = new Map<unknown, Frame>();
  readonly #subscribers = new Set<Subscriber>();
  readonly #source: AsyncIterator<unknown>;
  #over = false;

  constructor(
    source: AsyncIterable<unknown>,
    private readonly work: Work,
    private readonly onOver: () => void,
  ) {
    this.#source = source[Symbol.asyncIterator]();
    void this.#pump();
  }

  /** First what is known of every thing, then each newer state. Undefined: too late. */
  join(): LiveIterator<Frame> | undefined {
    if (this.#over) return undefined;
    if (this.#latest.size > THINGS_MAX) {
      this.onOver();
      return undefined;
    }
    const subscriber = new Subscriber(this.#latest);
    this.#subscribers.add(subscriber);
    return liveIterator(
      () => subscriber.next(),
      () => {
        subscriber.end();
        this.#subscribers.delete(subscriber);
        if (this.#subscribers.size === 0) void this.#end();
      },
    );
  }

  async #pump(): Promise<void> {
    try {
      for (;;) {
        const next = await this.#source.next();
        if (next.done === true) break;
        const frame = await this.work.run(next.value);
        const key = this.work.keyOf(next.value);
        // The latest last, so that whoever comes later gets things in the order of their states.
        this.#latest.delete(key);
        this.#latest.set(key, frame);
        for (const subscriber of this.#subscribers) subscriber.put(key, frame);
      }
      for (const subscriber of this.#subscribers) subscriber.end();
    } catch (error) {
      for (const subscriber of this.#subscribers) subscriber.fail(error);
    }
    await this.#end();
  }

  async #end(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.onOver();
    await this.#source.return?.();
  }
}

/** What one client has not been sent yet: at most one frame a thing. */
class Subscriber {
  readonly #waiting: Map<unknown, Frame>;
  #wake: (() => void) | undefined;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(known: ReadonlyMap<unknown, Frame>) {
    this.#waiting = new Map(known);
  }

  put(key: unknown, frame: Frame): void {
    this.#waiting.set(key, frame);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake?.();
  }

  async next(): Promise<Frame | undefined> {
    for (;;) {
      const [first] = this.#waiting;
      if (first !== undefined) {
        this.#waiting.delete(first[0]);
        return first[1];
      }
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }
}

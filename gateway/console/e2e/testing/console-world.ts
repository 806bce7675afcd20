import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { PlatformProcess, type PlatformSetting } from '@millrace/standalone/testing';

/** Debian's browser; another one where it is elsewhere. */
const CHROMIUM = '/usr/bin/chromium';
export const TIMEOUT_MS = 120_000;
/** How long a screen may take to become what is expected of it, on a machine with other work. */
const PATIENCE_MS = 20_000;

export type Role = 'viewer' | 'developer' | 'approver' | 'admin';

export interface PageSetting {
  readonly role?: Role;
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
}

/** A platform of its own, and real browsers before it. Whatever a browser complains of is kept. */
export class ConsoleWorld {
  readonly faults: string[] = [];
  private readonly contexts = new Set<BrowserContext>();
  private readonly tokens = new Map<Role, string>();

  private constructor(
    readonly platform: PlatformProcess,
    readonly browser: Browser,
  ) {}

  static async start(setting: PlatformSetting = {}): Promise<ConsoleWorld> {
    const platform = await PlatformProcess.start(setting);
    try {
      const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
      return new ConsoleWorld(platform, browser);
    } catch (error) {
      await platform.dispose();
      throw error;
    }
  }

  get api(): PlatformProcess['api'] {
    return this.platform.api;
  }

  /** A browser of its own that nobody is signed in with. */
  async stranger({ theme = 'light', width = 1440, height = 900 }: PageSetting = {}): Promise<Page> {
    // Without movements: what fades in would be looked at while it is pale.
    const context = await this.browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      reducedMotion: 'reduce',
    });
    this.contexts.add(context);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    this.watch(page);
    return page;
  }

  /** A browser of its own, signed in, at an address of the console. */
  async open(path: string, setting: PageSetting = {}): Promise<Page> {
    const page = await this.stranger(setting);
    const value = await this.token(setting.role ?? 'admin');
    await page
      .context()
      .addCookies([{ name: 'millrace-session', value, url: this.platform.url, httpOnly: true, sameSite: 'Strict' }]);
    await this.go(page, path);
    return page;
  }

  /** Goes to an address and waits until what is shown is what is. */
  async go(page: Page, path: string): Promise<void> {
    await page.goto(`${this.platform.url}${path}`);
    await page.getByText('Live', { exact: true }).waitFor();
  }

  async closePages(): Promise<void> {
    for (const context of this.contexts) await context.close();
    this.contexts.clear();
  }

  async dispose(): Promise<void> {
    await this.browser.close();
    await this.platform.dispose();
  }

  private async token(role: Role): Promise<string> {
    const known = this.tokens.get(role);
    if (known !== undefined) return known;
    const { secret } = await this.api.change('createToken', { name: role, role });
    this.tokens.set(role, secret ?? '');
    return secret ?? '';
  }

  /** Scripts that are refused, styles without a nonce, requests to other hosts, errors that nobody has caught. */
  private watch(page: Page): void {
    page.on('pageerror', (error) => this.faults.push(`${page.url()}: ${error.message}`));
    page.on('console', (message) => {
      const text = message.text();
      // What the network says of a platform that was killed, or of somebody who is not signed in, is wanted.
      const wanted = /Failed to load resource|WebSocket connection to|net::ERR_/.test(text);
      if (message.type() === 'error' && !wanted) this.faults.push(`${page.url()}: ${text}`);
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(this.platform.url)) this.faults.push(`A request to ${request.url()}`);
    });
    page.on('dialog', (dialog) => {
      this.faults.push(`${page.url()} opened a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }
}

/** What axe-core has to say to a screen; nothing, it is hoped. */
export async function axe(page: Page): Promise<readonly string[]> {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  return violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
  );
}

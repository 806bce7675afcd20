import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { Link, useRoute } from 'wouter';
import { KeysHelp } from './parts/keys.js';
import { useConnectionState, useConsole, useMay } from './state/console-state.js';
import { useApprovals } from './state/live.js';
import classes from './frame.module.css';

/** What surrounds every screen. */
export function Frame({ children }: { readonly children: ReactNode }) {
  return (
    <>
      <a href="#main" className={classes.skip}>
        Skip to the content
      </a>
      <header className={classes.bar}>
        <Link href="/" className={classes.brand}>
          Millrace
        </Link>
        <nav aria-label="Screens" className={classes.nav}>
          <Screen href="/" pattern="/pipelines/*?">
            Pipelines
          </Screen>
          <Approvals />
          <Screen href="/history" pattern="/executions/*?">
            History
          </Screen>
          <Screen href="/events">Events</Screen>
          <Screen href="/system">System</Screen>
        </nav>
        <div className={classes.end}>
          <Connected />
          <KeysHelp />
          <ViewerMenu />
        </div>
      </header>
      <main id="main" className={classes.main} tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

interface ScreenProps {
  readonly href: string;
  /** Other addresses that belong to it. */
  readonly pattern?: string;
  readonly children: ReactNode;
}

function Screen({ href, pattern, children }: ScreenProps) {
  const [isHere] = useRoute(href);
  const [isBelow] = useRoute(pattern ?? href);
  const current = isHere ? 'page' : isBelow ? 'true' : undefined;
  return (
    <Link href={href} className={classes.screen} aria-current={current}>
      {children}
    </Link>
  );
}

function Approvals() {
  const { approvals } = useApprovals();
  const count = [...approvals.values()].filter(({ status }) => status === 'Pending').length;
  useEffect(() => {
    document.title = count > 0 ? `(${count}) Millrace` : 'Millrace';
  }, [count]);
  return (
    <Screen href="/approvals">
      Approvals
      {count > 0 ? (
        <span className={classes.count}>
          {count}
          <span className="only-read"> wait</span>
        </span>
      ) : null}
    </Screen>
  );
}

const CONNECTED = {
  live: 'Live',
  'catching up': 'Catching up',
  offline: 'Offline',
} as const;

/** Says honestly whether what is shown is what is. */
function Connected() {
  const state = useConnectionState();
  return (
    <span className={classes.connected} data-state={state} role="status">
      <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden>
        {state === 'live' ? <circle cx="5" cy="5" r="4" fill="currentColor" /> : null}
        {state === 'catching up' ? (
          <circle cx="5" cy="5" r="3.5" fill="none" stroke="currentColor" strokeWidth="2" />
        ) : null}
        {state === 'offline' ? <path d="m1.5 1.5 7 7m0-7-7 7" stroke="currentColor" strokeWidth="2" /> : null}
      </svg>
      {CONNECTED[state]}
    </span>
  );
}

function ViewerMenu() {
  const { viewer, signOut } = useConsole();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const may = useMay();
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <ActionIcon variant="default" size="md" aria-label={`${viewer.actor.name}, ${viewer.role}: menu`}>
          {viewer.actor.name.slice(0, 1).toUpperCase()}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {viewer.actor.name}
          <br />
          {viewer.role} in {viewer.project}
        </Menu.Label>
        {may('createPipeline') ? (
          <Menu.Item component={Link} href="/create">
            Create a pipeline
          </Menu.Item>
        ) : null}
        <Menu.Divider />
        {(['light', 'dark', 'auto'] as const).map((scheme) => (
          <Menu.Item
            key={scheme}
            role="menuitemradio"
            aria-checked={colorScheme === scheme}
            onClick={() => setColorScheme(scheme)}
            leftSection={<span className={classes.check}>{colorScheme === scheme ? '✓' : ''}</span>}
          >
            {scheme === 'auto' ? 'As the system' : scheme === 'light' ? 'Light' : 'Dark'}
          </Menu.Item>
        ))}
        {viewer.actor.id === 'local' ? null : (
          <>
            <Menu.Divider />
            <Menu.Item onClick={() => void signOut()}>Sign out</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

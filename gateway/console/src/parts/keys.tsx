import { ActionIcon, Kbd, Modal, Switch } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import classes from './keys.module.css';

const TEXT_FIELDS =
  'input:not([type="range"], [type="checkbox"], [type="radio"]), textarea, select, [contenteditable="true"]';

/** Whoever types into something means no key of ours. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  return target?.closest(TEXT_FIELDS) !== null;
}

const SWITCH = 'millrace-keys';

/** Single keys can be switched off: voices and shaky hands press them unasked (WCAG 2.1.4). `?` stays, to switch them on again. */
function areKeysOn(): boolean {
  return localStorage.getItem(SWITCH) !== 'off';
}

/** Whether a key is pressed for the screen, and not for a field, a dialog or the browser. */
function isOurs(event: KeyboardEvent): boolean {
  const isModified = event.ctrlKey || event.metaKey || event.altKey;
  return (
    !event.defaultPrevented && !isModified && !isTyping(event) && document.querySelector('[role="dialog"]') === null
  );
}

/** Calls back for single keys of this screen, e.g. `{ j: next }`. Never while somebody types, or a dialog is open. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!isOurs(event)) return;
      const pressed = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined;
      if (pressed === undefined || (event.key !== '?' && !areKeysOn())) return;
      event.preventDefault();
      pressed();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

const KEYS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'Everywhere',
    [
      ['?', 'shows these keys'],
      ['1 … 5', 'go to pipelines, approvals, history, events, system'],
      ['/', 'goes to the search of a screen'],
    ],
  ],
  [
    'Lists',
    [
      ['j k', 'next, previous'],
      ['Enter', 'opens it'],
    ],
  ],
  [
    'Approvals',
    [
      ['a', 'approves what is chosen'],
      ['r', 'rejects it'],
    ],
  ],
  [
    'Output of an action',
    [
      ['g G', 'to the beginning, to the end'],
      ['f', 'follows the end, or stops following'],
      ['n N', 'next, previous match'],
      ['z', 'folds all commands, or unfolds them'],
      ['l', 'puts the line at the top into the address'],
    ],
  ],
];

const SCREENS = ['/', '/approvals', '/history', '/events', '/system'];

export function KeysHelp() {
  const [isOpen, { open, close }] = useDisclosure(false);
  const [, navigate] = useLocation();
  const [isOn, setOn] = useState(areKeysOn);
  useKeys({
    '?': open,
    '/': () => document.querySelector<HTMLElement>('[data-search]')?.focus(),
    ...Object.fromEntries(SCREENS.map((screen, index) => [String(index + 1), () => navigate(screen)])),
  });
  return (
    <>
      <ActionIcon variant="default" size="md" aria-label="Keys" onClick={open} className={classes.open}>
        ?
      </ActionIcon>
      <Modal opened={isOpen} onClose={close} title="Keys">
        <Switch
          label="Single keys"
          mb="md"
          checked={isOn}
          onChange={({ currentTarget: { checked } }) => {
            localStorage.setItem(SWITCH, checked ? 'on' : 'off');
            setOn(checked);
          }}
        />
        {KEYS.map(([place, keys]) => (
          <section key={place}>
            <h2>{place}</h2>
            <dl className={classes.keys}>
              {keys.map(([key, does]) => (
                <div key={key}>
                  <dt>
                    <Kbd>{key}</Kbd>
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </Modal>
    </>
  );
}

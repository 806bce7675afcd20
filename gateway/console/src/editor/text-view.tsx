import { EditorView } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { readOnlyExtensions } from './code-view.js';

interface TextViewProps {
  readonly label: string;
  readonly text: string;
  /** Shows what differs from this. */
  readonly before: string | undefined;
}

/** A definition to be read, alone or as a difference. Loaded only where it is shown. */
export function TextView({ label, text, before }: TextViewProps) {
  const parent = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (parent.current === null) return undefined;
    const view = new EditorView({
      parent: parent.current,
      doc: text,
      extensions: readOnlyExtensions(label, text, before),
    });
    return () => view.destroy();
  }, [label, text, before]);
  return <div ref={parent} />;
}

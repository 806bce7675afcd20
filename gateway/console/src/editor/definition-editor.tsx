import { syntaxTree } from '@codemirror/language';
import { forceLinting, linter, type Diagnostic } from '@codemirror/lint';
import { Compartment } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { ask } from '../api/client.js';
import { ValidatePipeline, type ActionTypesResult, type ValidatePipelineResult } from '../api/generated/operations.js';
import { editorExtensions, languageOf, support } from './code-view.js';
import { definitionCompletions } from './completions.js';
import { placeOf } from './place-of.js';

export type Validation = ValidatePipelineResult['validatePipeline'];

interface DefinitionEditorProps {
  readonly initial: string;
  readonly actionTypes: ActionTypesResult['actionTypes'];
  readonly onChange: (text: string) => void;
  /** After every dry run; undefined when the platform could not be asked. */
  readonly onValidated: (validation: Validation | undefined) => void;
}

/** How long typing has to rest before the text is checked. */
const REST_MS = 350;

/** JSON or YAML with completion; what the platform would refuse stands at its line. Loaded only where something is edited. */
export function DefinitionEditor(props: DefinitionEditorProps) {
  const parent = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    if (parent.current === null) return undefined;
    const view = open(parent.current, latest);
    forceLinting(view);
    return () => view.destroy();
  }, []);
  return <div ref={parent} />;
}

function open(parent: HTMLElement, latest: { readonly current: DefinitionEditorProps }): EditorView {
  const { initial } = latest.current;
  const language = new Compartment();
  let current = languageOf(initial);
  const changes = EditorView.updateListener.of(({ docChanged, state, view }) => {
    if (!docChanged) return;
    const text = state.doc.toString();
    latest.current.onChange(text);
    const now = languageOf(text);
    if (now === current) return;
    current = now;
    view.dispatch({ effects: language.reconfigure(support(now)) });
  });
  const check = linter(
    async (view) => {
      const validation = await validate(view.state.doc.toString());
      latest.current.onValidated(validation);
      return validation === undefined ? [] : diagnostics(view, validation);
    },
    { delay: REST_MS },
  );
  return new EditorView({
    parent,
    doc: initial,
    extensions: editorExtensions({
      label: 'Definition',
      language: language.of(support(current)),
      completions: definitionCompletions(() => latest.current.actionTypes),
      extensions: [changes, check],
    }),
  });
}

async function validate(text: string): Promise<Validation | undefined> {
  try {
    return (await ask(ValidatePipeline, { text })).validatePipeline;
  } catch {
    return undefined;
  }
}

function diagnostics(view: EditorView, { violations, notices }: Validation): readonly Diagnostic[] {
  const [tree, text] = [syntaxTree(view.state), view.state.doc.toString()];
  const at = (found: Validation['violations'][number], severity: 'error' | 'info'): Diagnostic => ({
    ...placeOf(tree, text, found.path),
    severity,
    message: found.path === '' ? found.message : `${found.path}: ${found.message}`,
  });
  return [...violations.map((each) => at(each, 'error')), ...notices.map((each) => at(each, 'info'))];
}

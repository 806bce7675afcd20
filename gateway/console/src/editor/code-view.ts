import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  type CompletionSource,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { yaml } from '@codemirror/lang-yaml';
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
  type LanguageSupport,
} from '@codemirror/language';
import { lintGutter } from '@codemirror/lint';
import { unifiedMergeView } from '@codemirror/merge';
import { EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { styleNonce } from '../theme.js';

export type TextLanguage = 'json' | 'yaml';

/** A text that begins with a bracket is JSON; YAML reads that too, but says less of it. */
export function languageOf(text: string): TextLanguage {
  return /^\s*[{[]/.test(text) ? 'json' : 'yaml';
}

export function support(language: TextLanguage): LanguageSupport {
  return language === 'json' ? json() : yaml();
}

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: tags.string, color: 'var(--text)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--status-progress)' },
  { tag: tags.comment, color: 'var(--text-quiet)' },
]);

const look = EditorView.theme({
  '&': { fontSize: '13px', backgroundColor: 'var(--surface)', color: 'var(--text)', height: '100%' },
  '.cm-content': { fontFamily: 'var(--font-code)', caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-scroller': { fontFamily: 'var(--font-code)' },
  '.cm-gutters': {
    backgroundColor: 'var(--surface)',
    color: 'var(--text-quiet)',
    borderRight: '1px solid var(--line)',
  },
  '.cm-activeLine': { backgroundColor: 'var(--surface-raised)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--accent-soft)' },
  // The marks of the lint package are data: images, which the page's policy does not allow.
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--status-failed)' },
  '.cm-lintRange-info, .cm-lintRange-warning': {
    backgroundImage: 'none',
    textDecoration: 'underline dotted var(--line-strong)',
  },
  '.cm-lint-marker-error, .cm-lint-marker-info, .cm-lint-marker-warning': { content: 'normal', textAlign: 'center' },
  '.cm-lint-marker-error::after': { content: '"✕"', color: 'var(--status-failed)', fontWeight: '700' },
  '.cm-lint-marker-info::after, .cm-lint-marker-warning::after': { content: '"i"', color: 'var(--text-quiet)' },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', color: 'var(--text)', border: '1px solid var(--line-strong)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent-soft)', color: 'var(--text)' },
  '.cm-completionDetail': { color: 'var(--text-quiet)' },
  '.cm-deletedChunk': { backgroundColor: 'var(--failed-soft)' },
  // The colours of the language would be too pale on it.
  '.cm-deletedChunk span': { color: 'var(--text)' },
  '.cm-deletedChunk .cm-deletedText, .cm-changedText': { background: 'none', textDecoration: 'underline' },
  '.cm-changedLine': { backgroundColor: 'var(--accent-soft)' },
  '.cm-collapsedLines': {
    backgroundColor: 'var(--surface-raised)',
    color: 'var(--text-quiet)',
    backgroundImage: 'none',
  },
});

const base: Extension = [
  EditorView.cspNonce.of(styleNonce()),
  lineNumbers(),
  drawSelection(),
  bracketMatching(),
  syntaxHighlighting(colours),
  look,
];

export interface EditorOptions {
  readonly label: string;
  readonly language: Extension;
  readonly completions: CompletionSource;
  readonly extensions: Extension;
}

export function editorExtensions({ label, language, completions, extensions }: EditorOptions): Extension {
  return [
    base,
    history(),
    indentOnInput(),
    closeBrackets(),
    highlightActiveLine(),
    autocompletion({ override: [completions] }),
    lintGutter(),
    // Tab leaves the editor where Escape was pressed before (CodeMirror's own rule), so that it is no trap for the keyboard.
    keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, indentWithTab]),
    EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
    language,
    extensions,
  ];
}

/** A text to be read; with `before`, what differs from that. */
export function readOnlyExtensions(label: string, text: string, before: string | undefined): Extension {
  return [
    base,
    support(languageOf(text)),
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.contentAttributes.of({
      'aria-label': label,
      tabindex: '0',
      role: 'textbox',
      'aria-multiline': 'true',
      'aria-readonly': 'true',
    }),
    before === undefined
      ? []
      : unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: { margin: 3, minSize: 6 } }),
  ];
}

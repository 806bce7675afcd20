import { Button, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { CreatePipeline } from '../../api/generated/operations.js';
import { EmptyNote } from '../../parts/notes.js';
import { useChange } from '../../state/change.js';
import { useMay } from '../../state/console-state.js';
import { DefinitionForm } from './definition-form.js';
import { definitionOf, EMPTY, type Draft } from './draft.js';
import { Wizard } from './wizard.js';
import classes from './create.module.css';

/** A new pipeline: by questions, or as text; from the questions one can go on with the text. */
export function CreateScreen() {
  const may = useMay();
  const [, navigate] = useLocation();
  const [how, setHow] = useState<'questions' | 'text'>('questions');
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const { run, busy, error, refusal } = useChange(CreatePipeline);
  if (!may('createPipeline')) return <EmptyNote title="Your role may look at pipelines, not create them" />;
  const create = async (text: string): Promise<void> => {
    const created = await run({ text });
    if (created !== undefined) navigate(`/pipelines/${encodeURIComponent(created.name)}`);
  };
  const text = `${JSON.stringify(definitionOf(draft), undefined, 2)}\n`;
  const problem =
    refusal !== undefined && 'violations' in refusal
      ? refusal.violations.map(({ message }) => message).join(' ')
      : error;
  return (
    <>
      <header className={classes.head}>
        <h1>Create a pipeline</h1>
        <SegmentedControl
          size="xs"
          aria-label="How"
          data={[
            { value: 'questions', label: 'By questions' },
            { value: 'text', label: 'As JSON or YAML' },
          ]}
          value={how}
          onChange={(value) => setHow(value === 'text' ? 'text' : 'questions')}
        />
      </header>
      {how === 'questions' ? (
        <Wizard
          draft={draft}
          onChange={setDraft}
          busy={busy}
          error={problem}
          onCreate={() => void create(text)}
          onText={() => setHow('text')}
        />
      ) : (
        <DefinitionForm
          initial={text}
          verb="Create"
          busy={busy}
          error={problem}
          onSave={(written) => void create(written)}
        >
          <Button variant="default" onClick={() => setHow('questions')}>
            Back to the questions
          </Button>
        </DefinitionForm>
      )}
    </>
  );
}

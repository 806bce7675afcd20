import { Button, Code, Radio, Stack, Stepper, Switch, Textarea, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { ErrorNote } from '../../parts/notes.js';
import { useIsLive } from '../../state/console-state.js';
import { definitionOf, missingIn, type Draft } from './draft.js';
import classes from './create.module.css';

interface StepProps {
  readonly draft: Draft;
  readonly set: (changes: Partial<Draft>) => void;
}

interface WizardProps {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  readonly busy: boolean;
  readonly error: string | undefined;
  readonly onCreate: () => void;
  readonly onText: () => void;
}

const STEPS = [
  { label: 'Source', Step: SourceStep },
  { label: 'Build', Step: BuildStep },
  { label: 'Test', Step: TestStep },
  { label: 'Approve', Step: ApproveStep },
  { label: 'Deploy', Step: DeployStep },
] as const;

export function Wizard({ draft, onChange, busy, error, onCreate, onText }: WizardProps) {
  const isLive = useIsLive();
  const [step, setStep] = useState(0);
  const [isTried, setTried] = useState(false);
  const missing = missingIn(step, draft);
  const current = STEPS[step];
  const next = (event: FormEvent): void => {
    event.preventDefault();
    setTried(missing !== undefined);
    if (missing === undefined) setStep(step + 1);
  };
  return (
    <form className={`panel ${classes.wizard}`} onSubmit={next}>
      <Stepper
        size="xs"
        active={step}
        onStepClick={setStep}
        allowNextStepsSelect={false}
        classNames={{ content: classes.stepContent ?? '' }}
      >
        {STEPS.map(({ label }) => (
          <Stepper.Step key={label} label={label} />
        ))}
      </Stepper>
      {current === undefined ? (
        <Summary draft={draft} />
      ) : (
        <current.Step draft={draft} set={(changes) => onChange({ ...draft, ...changes })} />
      )}
      <ErrorNote>{isTried ? missing : error}</ErrorNote>
      <div className={classes.buttons}>
        {step === 0 ? null : (
          <Button variant="default" onClick={() => setStep(step - 1)}>
            Back
          </Button>
        )}
        {current === undefined ? (
          <>
            <Button variant="default" onClick={onText}>
              Go on with the text
            </Button>
            <Button onClick={onCreate} loading={busy} disabled={!isLive}>
              Create
            </Button>
          </>
        ) : (
          <Button type="submit">Next</Button>
        )}
      </div>
    </form>
  );
}

function SourceStep({ draft, set }: StepProps) {
  return (
    <Stack>
      <p>Each commit on a branch of a Git repository starts a release.</p>
      <TextInput
        label="Name of the pipeline"
        description="It never changes."
        required
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <TextInput
        label="Repository"
        description="A path on the runner’s machine, or an https or ssh address. Git uses the runner’s own credentials."
        placeholder="https://git.example.com/shop.git"
        required
        value={draft.repository}
        onChange={(event) => set({ repository: event.currentTarget.value })}
      />
      <TextInput label="Branch" value={draft.branch} onChange={(event) => set({ branch: event.currentTarget.value })} />
      <TextInput
        label="Looked at every … seconds"
        description="1 to 3600. A repository on this machine costs next to nothing to look at."
        inputMode="numeric"
        value={draft.pollSeconds}
        onChange={(event) => set({ pollSeconds: event.currentTarget.value })}
      />
    </Stack>
  );
}

function BuildStep({ draft, set }: StepProps) {
  return (
    <Stack>
      <p>What is released is the repository as it is, or what is built from it.</p>
      <Radio.Group
        label="How it is built"
        value={draft.build}
        onChange={(build) => set({ build: build as Draft['build'] })}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="none" label="Not at all" description="The files of the commit are released." />
          <Radio value="commands" label="By commands" description="Lines for a shell, in the commit’s files." />
          <Radio
            value="buildspec"
            label="By a buildspec.yml"
            description="The repository says itself how it is built."
          />
        </Stack>
      </Radio.Group>
      {draft.build === 'commands' ? (
        <Lines label="Commands" value={draft.buildCommands} onChange={(buildCommands) => set({ buildCommands })} />
      ) : null}
      {draft.build === 'buildspec' ? (
        <TextInput
          label="Its path"
          value={draft.buildspec}
          onChange={(event) => set({ buildspec: event.currentTarget.value })}
        />
      ) : null}
    </Stack>
  );
}

function TestStep({ draft, set }: StepProps) {
  return (
    <Stack>
      <p>A change whose tests fail stops here. Empty: there are none.</p>
      <Lines label="Commands" value={draft.testCommands} onChange={(testCommands) => set({ testCommands })} />
    </Stack>
  );
}

function ApproveStep({ draft, set }: StepProps) {
  return (
    <Stack>
      <p>A person looks at each change before it is released. Until then it waits, 7 days at most.</p>
      <Switch
        label="Somebody has to approve"
        checked={draft.approve}
        onChange={(event) => set({ approve: event.currentTarget.checked })}
      />
      {draft.approve ? (
        <TextInput
          label="What the approver is asked"
          description="#{Src.CommitMessage} stands for the commit’s message."
          placeholder="Release #{Src.CommitMessage}?"
          value={draft.approvalText}
          onChange={(event) => set({ approvalText: event.currentTarget.value })}
        />
      ) : null}
    </Stack>
  );
}

function DeployStep({ draft, set }: StepProps) {
  return (
    <Stack>
      <p>
        Each release is unpacked beside the others; then the link <Code>current</Code> is switched to it. Empty: nothing
        is deployed.
      </p>
      <TextInput
        label="Directory of the releases"
        description="On the runner’s machine."
        placeholder="/srv/www/shop"
        value={draft.target}
        onChange={(event) => set({ target: event.currentTarget.value })}
      />
    </Stack>
  );
}

interface LinesProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Lines({ label, value, onChange }: LinesProps) {
  return (
    <Textarea
      label={label}
      description="One a line; the first that fails ends it."
      autosize
      minRows={3}
      className="code"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function Summary({ draft }: { readonly draft: Draft }) {
  const { stages } = definitionOf(draft) as { readonly stages: readonly { readonly name: string }[] };
  return (
    <Stack>
      <p>
        <strong>{draft.name}</strong>: {stages.map(({ name }) => name).join(' → ')}
      </p>
      <p className="quiet">
        Its source is looked at as soon as it is created, and the first release starts by itself. Everything can be
        changed later; each change is a version.
      </p>
    </Stack>
  );
}

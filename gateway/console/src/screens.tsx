import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { Frame } from './frame.js';
import { EmptyNote, Reading } from './parts/notes.js';
import { DashboardScreen } from './screens/dashboard/dashboard.screen.js';

const PipelineScreen = lazy(async () => ({
  default: (await import('./screens/pipeline/pipeline.screen.js')).PipelineScreen,
}));
const DefinitionScreen = lazy(async () => ({
  default: (await import('./screens/pipeline/definition.screen.js')).DefinitionScreen,
}));
const EditScreen = lazy(async () => ({ default: (await import('./screens/create/edit.screen.js')).EditScreen }));
const CreateScreen = lazy(async () => ({ default: (await import('./screens/create/create.screen.js')).CreateScreen }));
const ExecutionScreen = lazy(async () => ({
  default: (await import('./screens/execution/execution.screen.js')).ExecutionScreen,
}));
const LogScreen = lazy(async () => ({ default: (await import('./screens/log/log.screen.js')).LogScreen }));
const ApprovalsScreen = lazy(async () => ({
  default: (await import('./screens/approvals/approvals.screen.js')).ApprovalsScreen,
}));
const HistoryScreen = lazy(async () => ({
  default: (await import('./screens/history/history.screen.js')).HistoryScreen,
}));
const EventsScreen = lazy(async () => ({ default: (await import('./screens/events/events.screen.js')).EventsScreen }));
const SystemScreen = lazy(async () => ({ default: (await import('./screens/system/system.screen.js')).SystemScreen }));

/** What each address shows; the gateway knows the same (gateway/src/http/console.routes.ts). */
export function Screens() {
  return (
    <Frame>
      <Suspense fallback={<Reading />}>
        <Switch>
          <Route path="/">
            <DashboardScreen />
          </Route>
          <Route path="/pipelines/:name/definition">{({ name }) => <DefinitionScreen name={read(name)} />}</Route>
          <Route path="/pipelines/:name/edit">{({ name }) => <EditScreen name={read(name)} />}</Route>
          <Route path="/pipelines/:name">{({ name }) => <PipelineScreen key={name} name={read(name)} />}</Route>
          <Route path="/executions/:id/log/:attempt">
            {({ id, attempt }) => <LogScreen key={attempt} executionId={id} attemptId={attempt} />}
          </Route>
          <Route path="/executions/:id">{({ id }) => <ExecutionScreen key={id} id={id} />}</Route>
          <Route path="/approvals">
            <ApprovalsScreen />
          </Route>
          <Route path="/history">
            <HistoryScreen />
          </Route>
          <Route path="/events">
            <EventsScreen />
          </Route>
          <Route path="/create">
            <CreateScreen />
          </Route>
          <Route path="/system">
            <SystemScreen />
          </Route>
          <Route>
            <EmptyNote title="There is nothing at this address" />
          </Route>
        </Switch>
      </Suspense>
    </Frame>
  );
}

/** Wouter leaves `%`-escapes of one path segment as they are where they can't be read. */
function read(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

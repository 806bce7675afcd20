import { Link } from 'wouter';

export function ExecutionLink({ id, ordinal }: { readonly id: string; readonly ordinal: number | null }) {
  return (
    <Link href={`/executions/${id}`} className="figures link-box">
      {ordinal === null ? id.slice(0, 8) : `#${ordinal}`}
    </Link>
  );
}

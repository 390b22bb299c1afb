// What the report says of pools, channels, engines, hot paths and workers.
import { bytes, count, duration, microseconds } from '../lib/format';
import { named, Table } from '../shell/table';
import type { ChannelReport, ExclusiveReport, HotPathReport, PoolReport, WorkerReport } from './report';

export function Pools({ pools }: { pools: PoolReport[] }) {
  return (
    <Table title="Pools" note="fixed places for frames, and who holds them" empty="No pool exists yet: a camera makes its own when its format is known."
      head={['Pool', 'In use', 'Peak', 'Slot', 'Held by', 'Oldest lease']}>
      {pools.map((pool) => {
        const held = Object.entries(pool.roles).filter(([, role]) => role.held > 0);
        const oldest = held.reduce((most, [, role]) => Math.max(most, role.oldest_ms), 0);
        return (
          <tr key={pool.id}>
            <th scope="row">{pool.id}</th>
            <td class="n"><span class="fill"><i style={{ width: `${pool.capacity > 0 ? (100 * pool.outstanding) / pool.capacity : 0}%` }} /></span> {pool.outstanding} / {pool.capacity}</td>
            <td class="n">{pool.peak}</td>
            <td class="n">{bytes(pool.slot_bytes)}</td>
            <td class="n held">{held.length === 0 ? 'nobody' : held.map(([name, role]) => `${name} ${role.held}`).join(', ')}</td>
            <td class="n">{held.length === 0 ? '–' : duration(oldest)}</td>
          </tr>
        );
      })}
    </Table>
  );
}

export function Channels({ channels }: { channels: ChannelReport[] }) {
  return (
    <Table title="Channels" note="between stages; what does not fit is dropped, counted by reason" empty="No channel exists yet."
      head={['Channel', 'Places', 'Overflow', 'Offered', 'Taken', 'Dropped']}>
      {channels.map((channel) => (
        <tr key={channel.id}>
          <th scope="row">{channel.id}</th>
          <td class="n">{channel.capacity}</td>
          <td class="n">{channel.overflow.replaceAll('_', ' ')}</td>
          <td class="n">{count(channel.offered)}</td>
          <td class="n">{count(channel.taken)}</td>
          <td class="n words">{named(channel.dropped) || '0'}</td>
        </tr>
      ))}
    </Table>
  );
}

export function Engines({ engines }: { engines: ExclusiveReport[] }) {
  return (
    <Table title="Exclusive engines" note="one at a time, first come, first served" empty="No shared engine is in use."
      head={['Engine', 'Entries', 'Skips', 'Most inside', 'Wait p99']}>
      {engines.map((engine) => (
        <tr key={engine.id}>
          <th scope="row">{engine.id}</th>
          <td class="n">{count(engine.entries)}</td>
          <td class="n">{count(engine.skips)}</td>
          <td class={`n ${engine.max_inside > 1 ? 'bad' : 'good'}`}>{engine.max_inside}</td>
          <td class="n">{duration(engine.wait_ms.p99 ?? 0)}</td>
        </tr>
      ))}
    </Table>
  );
}

function HotPathRow({ path }: { path: HotPathReport }) {
  const tone = (n: number) => (path.library ? '' : n === 0 ? 'good' : 'bad');
  const mark = (n: number) => (path.library ? '' : n === 0 ? '✓ ' : '✗ ');
  return (
    <tr data-hot-path={path.id}>
      <th scope="row">{path.id}</th>
      <td class="n">{count(path.passes)}</td>
      <td class={`n ${tone(path.allocations)}`}>{mark(path.allocations)}{count(path.allocations)}</td>
      <td class={`n ${tone(path.frees)}`}>{mark(path.frees)}{count(path.frees)}</td>
      <td class="n">{bytes(path.bytes)}</td>
      <td class="n">{count(path.preempted)}</td>
      <td class="n">{microseconds(path.duration_us.p50 ?? 0)}</td>
      <td class="n">{microseconds(path.duration_us.p99 ?? 0)}</td>
    </tr>
  );
}

const hotHead = ['Path', 'Passes', 'Allocating', 'Freeing', 'Bytes', 'Lost CPU', 'p50', 'p99'];

export function HotPaths({ paths }: { paths: HotPathReport[] }) {
  const own = paths.filter((path) => path.library !== true);
  const library = paths.filter((path) => path.library === true);
  return (
    <>
      <Table title="Hot paths" note="passes that allocated or freed: must be 0" empty="No hot path has run yet." head={hotHead} wide>
        {own.map((path) => <HotPathRow key={path.id} path={path} />)}
      </Table>
      {library.length > 0 && (
        <Table title="Inside libraries" note="what they allocate by themselves: shown, not promised" empty="" head={hotHead} wide>
          {library.map((path) => <HotPathRow key={path.id} path={path} />)}
        </Table>
      )}
    </>
  );
}

export function Workers({ workers }: { workers: WorkerReport[] }) {
  if (workers.length === 0) return null;
  return (
    <Table title="Workers" note="child processes for what may crash" empty="" head={['Worker', 'Process', 'Memory', 'Restarts', 'Causes', 'Revoked leases']}>
      {workers.map((worker) => (
        <tr key={worker.id}>
          <th scope="row">{worker.id}</th>
          <td class="n">{worker.pid}</td>
          <td class="n">{bytes(worker.memory_bytes)}</td>
          <td class="n">{count(worker.restarts)}</td>
          <td class="n words">{named(worker.causes) || '–'}</td>
          <td class="n">{count(worker.revoked_leases)}</td>
        </tr>
      ))}
    </Table>
  );
}

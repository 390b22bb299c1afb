// The stacked area by owner.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { bytes, elapsed } from '../lib/format';
import { scheme } from '../lib/theme';
import { useStore } from '../lib/store';
import { hatch, ownerColour } from './colours';
import { bandAt, unowned, type History } from './series';

export interface Hovered {
  owner: string;
  point: number;
}

interface Props {
  history: History;
  order: readonly string[];
  edges: readonly number[][];
  fromNow: boolean;   // the x axis counts back from now; else it counts from the start
  onHover: (hovered: Hovered | null) => void;
}

const heightOf = (width: number): number => Math.round(Math.min(420, Math.max(220, width * 0.32)) / 4) * 4;

export function Chart({ history, order, edges, fromNow, onHover }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef({ order, edges, onHover });
  latest.current = { order, edges, onHover };
  const colours = useStore(scheme);

  // The topmost edge is drawn first and each lower one over it, so every band shows between its own edge and the next.
  const data = (): uPlot.AlignedData => [history.seconds, ...[...edges].reverse()] as uPlot.AlignedData;

  useEffect(() => {
    const box = element.current;
    if (box === null) return undefined;
    const style = getComputedStyle(document.documentElement);
    const words = style.getPropertyValue('--dim').trim();
    const lines = style.getPropertyValue('--line').trim();
    const ground = style.getPropertyValue('--surface').trim();
    const font = '12px system-ui, sans-serif';
    const axis = { stroke: words, font, grid: { stroke: lines, width: 1 }, ticks: { stroke: lines, width: 1, size: 4 } };
    const made = new uPlot({
      width: box.clientWidth,
      height: heightOf(box.clientWidth),
      legend: { show: false },
      cursor: { drag: { x: false, y: false, setScale: false }, points: { show: false }, y: false },
      scales: { x: { time: false }, y: { range: (_plot, _min, max) => [0, Math.max(1e6, max * 1.08)] } },
      axes: [
        { ...axis, size: 32, space: 72, values: (self, splits) => splits.map((at) => {
          const last = self.data[0][self.data[0].length - 1] ?? 0;
          if (!fromNow) return elapsed(at * 1000);
          return last - at < 0.5 ? 'now' : `−${elapsed((last - at) * 1000)}`;
        }),
          // Marks at whole steps before now, so that they do not run with the data.
          ...(fromNow ? { splits: (self: uPlot, _axis: number, min: number, max: number, increment: number) => {
            const last = self.data[0][self.data[0].length - 1] ?? max;
            const out: number[] = [];
            for (let at = last; at >= min; at -= increment) out.unshift(at);
            return out;
          } } : {}),
          incrs: [1, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200, 86400] },
        { ...axis, size: 72, values: (_self, splits) => splits.map((at) => bytes(at).replace('.0', '')) },
      ],
      series: [{}, ...[...order].reverse().map((owner) => {
        const colour = ownerColour(owner, order, colours);
        return { label: owner, stroke: owner === unowned ? colour : ground, width: 1, points: { show: false },
                 fill: owner === unowned ? () => hatch(colour, ground) as CanvasPattern : colour };
      })],
      hooks: {
        setCursor: [(self) => {
          const { idx, top } = self.cursor;
          const now = latest.current;
          if (idx == null || top == null || top < 0) return now.onHover(null);
          const band = bandAt(now.edges, idx, self.posToVal(top, 'y'));
          const owner = now.order[band];
          now.onHover(owner === undefined ? null : { owner, point: idx });
        }],
      },
    }, data(), box);
    plot.current = made;
    const watch = new ResizeObserver(() => {
      if (box.clientWidth > 0 && box.clientWidth !== made.width) made.setSize({ width: box.clientWidth, height: heightOf(box.clientWidth) });
    });
    watch.observe(box);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [order.join('\n'), colours, fromNow]);

  useEffect(() => plot.current?.setData(data()), [history, edges]);

  const last = history.seconds[history.seconds.length - 1] ?? 0;
  return <div class="chart" ref={element} data-points={history.seconds.length} data-last={last} role="img" aria-label="Memory by owner over time; the table below has the same figures" />;
}

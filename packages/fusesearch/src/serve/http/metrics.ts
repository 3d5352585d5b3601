/** Counters, in Prometheus text format. */
export interface Metrics {
  /** Counts a request that has ended. */
  observe(request: { readonly route: string; readonly status: number; readonly seconds: number }): void
  /** Counts the calls of a search. */
  addCalls(calls: number): void
  render(gauges: Readonly<Record<string, number>>): string
}

const BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const

interface Series {
  readonly buckets: number[]
  sum: number
  count: number
}

export function createMetrics(): Metrics {
  const requests = new Map<string, number>()
  const durations = new Map<string, Series>()
  let calls = 0
  return {
    observe({ route, status, seconds }) {
      const labels = `route="${route}",status="${status}"`
      requests.set(labels, (requests.get(labels) ?? 0) + 1)
      const series = durations.get(route) ?? { buckets: BUCKETS.map(() => 0), sum: 0, count: 0 }
      durations.set(route, series)
      for (const [index, limit] of BUCKETS.entries()) {
        if (seconds <= limit) series.buckets[index] = (series.buckets[index] ?? 0) + 1
      }
      series.sum += seconds
      series.count++
    },
    addCalls(more) {
      calls += more
    },
    render(gauges) {
      const lines = [
        ...family('fusesearch_requests_total', 'counter', 'Requests that have ended.'),
        ...[...requests].map(([labels, count]) => `fusesearch_requests_total{${labels}} ${count}`),
        ...family('fusesearch_request_duration_seconds', 'histogram', 'Time from request to end of response.'),
        ...[...durations].flatMap(([route, series]) => histogram(route, series)),
        ...family('fusesearch_tool_calls_total', 'counter', 'Calls of grep, glob and read_file.'),
        `fusesearch_tool_calls_total ${calls}`,
        ...Object.entries(gauges).flatMap(([name, value]) => [`# TYPE ${name} gauge`, `${name} ${value}`]),
      ]
      return `${lines.join('\n')}\n`
    },
  }
}

function family(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
}

function histogram(route: string, { buckets, count, sum }: Series): string[] {
  const name = 'fusesearch_request_duration_seconds'
  const limits = [...BUCKETS.map(String), '+Inf']
  const counts = [...buckets, count]
  return [
    ...limits.map((limit, index) => `${name}_bucket{route="${route}",le="${limit}"} ${counts[index]}`),
    `${name}_sum{route="${route}"} ${sum}`,
    `${name}_count{route="${route}"} ${count}`,
  ]
}

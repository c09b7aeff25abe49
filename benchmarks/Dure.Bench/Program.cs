using Dure.Bench;
using Dure.Bench.Exchange;
using Dure.Bench.Historian;
using Dure.Bench.Lab;
using Dure.Bench.Learn;

// ./bench NAME [--quick] [--minutes N] [--only TEXT]: measures, prints a line per goal, writes benchmarks/results/NAME.md unless only some was measured.
string? valueOf(string option) => Array.IndexOf(args, option) + 1 is > 0 and var at && at < args.Length ? args[at] : null;
var minutes = double.TryParse(valueOf("--minutes"), out var given) ? given : 10;
var only = valueOf("--only");
var benchmarks = new Dictionary<string, Func<bool, Task<Report>>>(StringComparer.Ordinal)
{
    ["spine"] = SpineBenchmark.Run,
    ["identity"] = IdentityBenchmark.Run,
    ["historian"] = HistorianBenchmark.Run,
    ["quality"] = QualityBenchmark.Run,
    ["lines"] = HistorianBenchmark.Lines,
    ["store"] = HistorianBenchmark.Store,
    ["mqtt"] = HistorianBenchmark.Mqtt,
    ["idle"] = HistorianBenchmark.IdleAlone,
    ["learn"] = LearnBenchmark.Run,
    ["search"] = isQuick => SearchBenchmark.Run(isQuick ? TimeSpan.FromSeconds(5) : TimeSpan.FromMinutes(minutes), only),
    ["exchange"] = ExchangeBenchmark.Run,
    ["lab"] = isQuick => LabBenchmark.Run(isQuick, only),
    ["schedule"] = isQuick => Task.FromResult(ScheduleBenchmark.Run(isQuick)),
    ["neural"] = NeuralBenchmark.Run,
    ["signals100k"] = isQuick => SignalsBenchmark.Run(isQuick ? TimeSpan.FromSeconds(30) : TimeSpan.FromMinutes(minutes)),
};
if (args is ["learn-child", var folder])
    return LearnChild.Run(folder);
if (args.Length == 0 || !benchmarks.TryGetValue(args[0], out var benchmark))
{
    Console.Error.WriteLine($"usage: ./bench NAME [--quick] [--minutes N] [--only TABLE]   NAME is one of: {string.Join(", ", benchmarks.Keys)}");
    return 2;
}
var isQuick = args.Contains("--quick");
var report = await benchmark(isQuick);
if (!isQuick && only is null)
    report.Write();
return 0;

using Dure.Historian.Watching;
using Xunit;

namespace Dure.Tests.Historian.Watching;

public sealed class CleanSignalTests
{
    private const int Rows = 40_000;

    public static TheoryData<string> Clean => [.. Signals.Keys];

    private static readonly Dictionary<string, Func<int, MadeSignal>> Signals = new(StringComparer.Ordinal)
    {
        ["white noise"] = seed => MadeSignal.Noise(Rows, seed),
        ["noise rounded to two digits"] = seed => Rounded(MadeSignal.Noise(Rows, seed), 2),
        ["noise rounded so far that it seldom moves"] = seed => Rounded(MadeSignal.Noise(Rows, seed, spread: 0.2), 0),
        ["a random walk"] = seed => MadeSignal.Walk(Rows, seed),
        ["a random walk rounded to three digits"] = seed => MadeSignal.Walk(Rows, seed, 3),
        ["a fast sine"] = seed => MadeSignal.Of(Rows, i => 10 * Math.Sin(0.7 * i + seed)),
        ["a slow sine"] = seed => MadeSignal.Of(Rows, i => 50 + 10 * Math.Sin(0.001 * i + seed)),
        ["a slow sine rounded to three digits"] = seed => MadeSignal.Of(Rows, i => Math.Round(50 + 10 * Math.Sin(0.001 * i + seed), 3)),
        ["a very slow sine rounded to three digits"] = seed => MadeSignal.Of(Rows, i => Math.Round(50 + 10 * Math.Sin(0.0002 * i + seed), 3)),
        ["a sine with noise"] = seed => Added(MadeSignal.Noise(Rows, seed, spread: 0.02), i => 10 * Math.Sin(0.002 * i)),
        ["a constant"] = _ => MadeSignal.Of(Rows, _ => 42),
        ["zero"] = _ => MadeSignal.Of(Rows, _ => 0),
        ["a setpoint that moves now and then"] = seed => Setpoint(seed),
        ["a machine that is on or off"] = seed => OnOff(seed),
        ["a counter"] = _ => MadeSignal.Of(Rows, i => i / 3),
        ["a saw tooth"] = _ => MadeSignal.Of(Rows, i => i % 300 * 0.1),
        ["times that jitter by a tenth"] = seed => Jittered(seed, 0.1),
        ["a sampling period of a third of a second, rounded to microseconds"] = seed =>
            MadeSignal.Of(Rows, i => MadeSignal.Gauss(new Random(seed + i)), i => MadeSignal.Start + i * MadeSignal.Second / 3),
        ["a source that reports when it likes"] = seed => Exponential(seed),
        ["values as large as they get"] = seed => Scaled(MadeSignal.Noise(Rows, seed), 1e297),
        ["values as small as they get"] = seed => Scaled(MadeSignal.Noise(Rows, seed), 1e-300),
        ["single-precision values"] = seed => Single(MadeSignal.Noise(Rows, seed)),
        ["single-precision decimals"] = seed => Single(Rounded(MadeSignal.Walk(Rows, seed), 2)),
    };

    [Theory, MemberData(nameof(Clean))]
    public void A_clean_signal_gives_no_finding(string name)
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            var quality = Signals[name](seed).Import();

            Assert.True(quality.Findings.Count == 0, $"seed {seed}: {string.Join(" | ", quality.Findings.Take(5).Select(found => $"{found.Kind} row {(found.FromMicros - MadeSignal.Start) / MadeSignal.Second}: {found.Evidence()}"))}");
            Assert.Equal(1, quality.Score, 1e-3);
        }
    }

    [Theory, MemberData(nameof(Clean))]
    public void A_clean_signal_that_comes_live_gives_no_finding(string name)
    {
        var quality = Signals[name](77).Watch();

        Assert.True(quality.Findings.Count == 0, string.Join(" | ", quality.Findings.Take(5).Select(found => $"{found.Kind}: {found.Evidence()}")));
    }

    private static MadeSignal Rounded(MadeSignal made, int digits) => Changed(made, (value, _) => Math.Round(value, digits));

    private static MadeSignal Added(MadeSignal made, Func<int, double> more) => Changed(made, (value, i) => value + more(i));

    private static MadeSignal Scaled(MadeSignal made, double factor) => Changed(made, (value, _) => value * factor);

    private static MadeSignal Single(MadeSignal made) => Changed(made, (value, _) => (float)value);

    private static MadeSignal Changed(MadeSignal made, Func<double, int, double> change)
    {
        for (var i = 0; i < made.Count; i++)
            made.Values[i] = change(made.Values[i], i);
        return made;
    }

    private static MadeSignal Setpoint(int seed)
    {
        var random = new Random(seed);
        var value = 20.0;
        return MadeSignal.Of(Rows, _ => random.Next(200) == 0 ? value = 5 * random.Next(1, 20) : value);
    }

    private static MadeSignal OnOff(int seed)
    {
        var random = new Random(seed);
        var isOn = false;
        return MadeSignal.Of(Rows, _ => (isOn = random.Next(50) == 0 ? !isOn : isOn) ? 1 : 0);
    }

    private static MadeSignal Jittered(int seed, double share)
    {
        var random = new Random(seed);
        return MadeSignal.Of(Rows, _ => MadeSignal.Gauss(random), i => MadeSignal.Start + i * MadeSignal.Second + (long)(share * MadeSignal.Second * random.NextDouble()));
    }

    private static MadeSignal Exponential(int seed)
    {
        var random = new Random(seed);
        var time = MadeSignal.Start;
        return MadeSignal.Of(Rows, _ => MadeSignal.Gauss(random), _ => time += 1 + (long)(-Math.Log(1 - random.NextDouble()) * MadeSignal.Second));
    }
}

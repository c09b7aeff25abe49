using System.Globalization;
using System.Text;
using Dure.Devices.Conformance;

namespace Dure.DeviceSimulators;

/// <summary>What became of a run.</summary>
internal sealed record Run(string Key, string State, double YieldPercent, string Cause);

/// <summary>
/// A reactor that gives a yield for a temperature. It writes each run's begin and end to disk before it tells of them, so it remembers what it
/// executed through its own kill; a run that had begun and not ended has failed.
/// </summary>
internal sealed class SimulatedReactor : IDisposable
{
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(100);
    private readonly Lock door = new();
    private readonly FileStream log;
    private readonly Dictionary<string, Run> runs = new(StringComparer.Ordinal);
    private CancellationTokenSource stopping = new();
    private int begun;
    private ITimer? leaseEnd;

    public SimulatedReactor(string path)
    {
        foreach (var line in File.Exists(path) ? File.ReadAllLines(path) : [])
            Remember(line.Split('\t'));
        foreach (var run in runs.Values.Where(run => run.State == "running").ToArray())
            runs[run.Key] = run with { State = "failed", Cause = "The power went while it ran." };
        log = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    public volatile DeviceFault Fault;

    public int Executions
    {
        get
        {
            lock (door)
                return begun;
        }
    }

    public bool IsBusy
    {
        get
        {
            lock (door)
                return runs.Values.Any(run => run.State == "running");
        }
    }

    /// <summary>What the device says of itself, lies included.</summary>
    public bool SaysBusy => Fault != DeviceFault.LieReady && IsBusy;

    public string Unit => Fault == DeviceFault.WrongUnit ? "g" : "%";

    public Run? Find(string key)
    {
        lock (door)
            return runs.GetValueOrDefault(key);
    }

    /// <summary>Begins; a known key begins nothing. False when another run is under way.</summary>
    public bool TryBegin(string key, double temperature)
    {
        CancellationToken stop;
        lock (door)
        {
            if (runs.ContainsKey(key))
                return true;
            if (runs.Values.Any(run => run.State == "running"))
                return false;
            Write($"begin\t{key}");
            begun++;
            runs[key] = new Run(key, "running", 0, "");
            stop = stopping.Token;
        }
        _ = Finish(key, temperature, stop);
        return true;
    }

    public async Task<Run> WaitFor(string key)
    {
        while (Find(key) is { State: "running" })
            await Task.Delay(5);
        return Find(key)!;
    }

    /// <summary>It stops by itself when it was not told again in time.</summary>
    public void Hold(TimeSpan lease)
    {
        lock (door)
        {
            leaseEnd?.Dispose();
            leaseEnd = TimeProvider.System.CreateTimer(_ => Stop(), null, lease, Timeout.InfiniteTimeSpan);
        }
    }

    public void Stop()
    {
        lock (door)
        {
            stopping.Cancel();
            stopping = new CancellationTokenSource();
            foreach (var run in runs.Values.Where(run => run.State == "running").ToArray())
                End(run with { State = "failed", Cause = "It was stopped." });
        }
    }

    public void Dispose()
    {
        leaseEnd?.Dispose();
        log.Dispose();
    }

    private async Task Finish(string key, double temperature, CancellationToken stop)
    {
        await Task.Delay(Work, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (door)
        {
            if (runs[key].State != "running")
                return;
            var deviation = (temperature - 65) / 20;
            End(runs[key] with { State = "done", YieldPercent = Fault == DeviceFault.NotANumber ? double.NaN : 90 * Math.Exp(-deviation * deviation) });
        }
    }

    private void End(Run run)
    {
        Write(string.Create(CultureInfo.InvariantCulture, $"end\t{run.Key}\t{run.State}\t{run.YieldPercent:R}\t{run.Cause}"));
        runs[run.Key] = run;
    }

    private void Write(string line)
    {
        log.Write(Encoding.UTF8.GetBytes(line + "\n"));
        log.Flush(flushToDisk: true);
    }

    private void Remember(string[] parts)
    {
        if (parts[0] == "begin")
        {
            begun++;
            runs[parts[1]] = new Run(parts[1], "running", 0, "");
        }
        else if (parts.Length == 5)
        {
            runs[parts[1]] = new Run(parts[1], parts[2], double.Parse(parts[3], CultureInfo.InvariantCulture), parts[4]);
        }
    }
}

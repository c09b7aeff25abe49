namespace Dure.Devices.Conformance;

/// <summary>What a device does wrong on purpose, so that its driver can be seen to cope.</summary>
public enum DeviceFault
{
    None,

    /// <summary>Takes the request and never answers; does not execute.</summary>
    Hang,

    /// <summary>Executes what it is told to begin, and ends the connection instead of answering.</summary>
    DropReply,

    /// <summary>Answers twice.</summary>
    DuplicateReply,

    /// <summary>Answers late, yet within the driver's timeout.</summary>
    Delay,

    /// <summary>Gives "not a number" as a result.</summary>
    NotANumber,

    /// <summary>Gives a result in another unit than described.</summary>
    WrongUnit,

    /// <summary>Says that it is idle while it works.</summary>
    LieReady,

    /// <summary>Answers bytes that are nothing.</summary>
    Garbage,
}

/// <summary>A driver together with its simulator, as the suite needs them.</summary>
public interface IConformanceBench
{
    /// <summary>A driver, connected anew, with the same ledger as before. The earlier one has been disposed of.</summary>
    Task<IInstrument> Connect(CancellationToken cancel);

    /// <summary>A valid request under this key. It takes the simulator some 100 ms to run.</summary>
    ActionRequest Request(string key);

    /// <summary>How often the simulator has executed anything, over all its restarts.</summary>
    Task<int> Executions(CancellationToken cancel);

    /// <summary>From now on the simulator does this wrong.</summary>
    Task Inject(DeviceFault fault, CancellationToken cancel);

    /// <summary>Kills the simulator without good-bye and starts it again, on the same address.</summary>
    Task Restart(CancellationToken cancel);

    /// <summary>Returns when the simulator works on nothing, asked past the driver.</summary>
    Task Settle(CancellationToken cancel);

    /// <summary>Whether the protocol can show this fault at all: a SiLA value, for example, carries no unit that could be wrong.</summary>
    bool CanShow(DeviceFault fault);

    /// <summary>No single call of the driver may take longer: its timeout with room for a loaded machine.</summary>
    TimeSpan Patience { get; }
}

/// <summary>A promise of the driver contract that was not kept.</summary>
public sealed record ConformanceFinding(string Rule, string What);

/// <summary>
/// Runs a driver against its simulator and lists the promises it breaks: at most once under lost answers and restarts, refusal before sending, timeouts,
/// cancellation, stop, unusable results, honest unknown. An empty list is a pass.
/// </summary>
public sealed partial class DriverConformance(IConformanceBench bench, TimeProvider time)
{
    private readonly List<ConformanceFinding> findings = [];
    private int keys;

    public async Task<IReadOnlyList<ConformanceFinding>> Run(CancellationToken cancel)
    {
        foreach (var (rule, check) in Checks())
        {
            try
            {
                await bench.Inject(DeviceFault.None, cancel);
                await bench.Settle(cancel);
                await check(rule, cancel);
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancel.IsCancellationRequested)
            {
                findings.Add(new ConformanceFinding(rule, $"The driver threw {failure.GetType().Name}: {failure.Message}")); // whatever it throws is a finding
            }
        }
        await bench.Inject(DeviceFault.None, cancel);
        return findings;
    }

    private IEnumerable<(string Rule, Func<string, CancellationToken, Task> Check)> Checks() =>
    [
        ("an action runs once and gives its results", RunsOnce),
        ("a key that was given before never runs again", RepeatsNothing),
        ("nothing is sent that the description forbids", RefusesBeforeSending),
        ("an answer lost after executing never leads to a second run", SurvivesLostReply),
        ("a restart of the driver never leads to a second run", SurvivesDriverRestart),
        ("a restart of the device never leads to a second run", SurvivesDeviceRestart),
        ("silence is answered within the timeout, as unknown", TimesOut),
        ("a cancelled call ends soon, as cancelled", Cancels),
        ("results that are not finite or in another unit are failures", RefusesResults),
        ("garbage and doubled answers are never taken for results", SurvivesGarbage),
        ("a device that lies about being ready gets no second action", WithstandsLies),
        ("stop is confirmed or denied in time", Stops),
    ];

    private string NextKey() => $"conformance-{++keys}";

    private void Require(bool condition, string rule, string what)
    {
        if (!condition)
            findings.Add(new ConformanceFinding(rule, what));
    }
}

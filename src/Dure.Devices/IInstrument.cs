using Dure.Kernel;

namespace Dure.Devices;

/// <summary>
/// What every driver of an instrument does. An action carries a key that its caller has written down beforehand: a key runs at most once, whatever
/// is lost, restarted or repeated. Every call returns within the driver's timeout; silence is answered as <c>Unknown</c>, never as failure or success.
/// </summary>
public interface IInstrument : IAsyncDisposable
{
    /// <summary>Who it is and what it can do, as read when it was connected.</summary>
    InstrumentDescription Description { get; }

    /// <summary>Whether the device itself remembers keys: a lost answer or a restart on either side then never leaves a key in doubt. Otherwise the driver's ledger keeps a key from running twice, and what became of it may stay unknown.</summary>
    bool CanAnswerByKey { get; }

    /// <summary>What the device does now; <see cref="InstrumentState.Unknown"/> when it does not say in time.</summary>
    Task<InstrumentState> State(CancellationToken cancel);

    /// <summary>Begins an action. A key that was given before begins nothing: it answers <see cref="StartAnswer.Accepted"/> or <see cref="StartAnswer.Unknown"/>, and <see cref="Query"/> tells the rest.</summary>
    Task<StartAnswer> Start(ActionRequest request, CancellationToken cancel);

    /// <summary>What became of a key.</summary>
    Task<ActionStatus> Query(string key, CancellationToken cancel);

    /// <summary>Stops what runs; in an emergency also what heats, turns or presses, as far as the device can. True when the device confirmed.</summary>
    Task<bool> Stop(bool isEmergency, CancellationToken cancel);

    /// <summary>
    /// Tells the device that it is watched for a while; when that is over and was not renewed, it makes itself safe, whatever became of the program. False where it does
    /// not know that, or did not answer.
    /// </summary>
    Task<bool> Hold(TimeSpan lease, CancellationToken cancel) => Task.FromResult(false);
}

/// <summary>What a device does now.</summary>
public enum InstrumentState
{
    Unknown,
    Idle,
    Busy,
    Fault,
}

/// <summary>The answer to a wish to begin.</summary>
public abstract record StartAnswer
{
    private StartAnswer() { }

    /// <summary>The device has the key; it runs, waits or has run. <paramref name="ExecutionId"/> is the device's own name for it.</summary>
    public sealed record Accepted(string ExecutionId) : StartAnswer;

    /// <summary>It was not begun and will not be.</summary>
    public sealed record Refused(Problem Problem) : StartAnswer;

    /// <summary>It may or may not have begun. The driver does not send it again.</summary>
    public sealed record Unknown(string Cause) : StartAnswer;
}

/// <summary>What became of an action.</summary>
public abstract record ActionStatus
{
    private ActionStatus() { }

    /// <summary>The device, or the driver's ledger, has never been given this key: nothing of it has run.</summary>
    public sealed record NotKnown : ActionStatus;

    public sealed record Running : ActionStatus;

    /// <summary>It ended well, with every result that the action describes, in the described unit and finite.</summary>
    public sealed record Done(IReadOnlyDictionary<string, ActionValue> Results) : ActionStatus;

    /// <summary>It began and did not end well, or its results cannot be used.</summary>
    public sealed record Failed(string Cause) : ActionStatus;

    /// <summary>Nobody can say now: a person or a probe decides. Never a reason to run it again.</summary>
    public sealed record Unknown(string Cause) : ActionStatus;
}

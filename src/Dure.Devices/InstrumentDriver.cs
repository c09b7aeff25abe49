using Dure.Kernel;

namespace Dure.Devices;

/// <summary>The link to a device failed: whether what was asked has happened is not known.</summary>
public sealed class LinkException(string what, Exception? cause = null) : Exception(what, cause);

/// <summary>
/// What all drivers share, so that none can forget it: requests are checked before anything is sent, every exchange has a timeout, lost links become
/// <c>Unknown</c>, results are checked against their description. A protocol's driver fills in the exchanges, and throws
/// <see cref="LinkException"/>, <see cref="IOException"/> or <see cref="HttpRequestException"/> when the link fails, <see cref="ProblemException"/> or a
/// JsonException when what came over it cannot be read.
/// </summary>
public abstract class InstrumentDriver(TimeSpan timeout, TimeProvider time) : IInstrument
{
    public abstract InstrumentDescription Description { get; }
    public abstract bool CanAnswerByKey { get; }

    protected TimeProvider Time { get; } = time;

    public async Task<InstrumentState> State(CancellationToken cancel)
    {
        try
        {
            return await Within(AskState, cancel);
        }
        catch (LinkException)
        {
            return InstrumentState.Unknown;
        }
    }

    public async Task<StartAnswer> Start(ActionRequest request, CancellationToken cancel)
    {
        if (request.Objection(Description) is { } objection)
            return new StartAnswer.Refused(objection);
        cancel.ThrowIfCancellationRequested();
        try
        {
            return await Within(limit => AskStart(request, Description.Action(request.Action), limit), cancel);
        }
        catch (LinkException lost)
        {
            return new StartAnswer.Unknown(lost.Message);
        }
    }

    public async Task<ActionStatus> Query(string key, CancellationToken cancel)
    {
        if (!ActionRequest.IsKey(key))
            return new ActionStatus.NotKnown();
        try
        {
            return await Within(limit => AskStatus(key, limit), cancel);
        }
        catch (LinkException lost)
        {
            return new ActionStatus.Unknown(lost.Message);
        }
    }

    public async Task<bool> Stop(bool isEmergency, CancellationToken cancel)
    {
        try
        {
            return await Within(limit => AskStop(isEmergency, limit), cancel);
        }
        catch (LinkException)
        {
            return false;
        }
    }

    public virtual Task<bool> Hold(TimeSpan lease, CancellationToken cancel) => Task.FromResult(false);

    public abstract ValueTask DisposeAsync();

    protected abstract Task<InstrumentState> AskState(CancellationToken cancel);

    protected abstract Task<StartAnswer> AskStart(ActionRequest request, ActionDescription action, CancellationToken cancel);

    protected abstract Task<ActionStatus> AskStatus(string key, CancellationToken cancel);

    protected abstract Task<bool> AskStop(bool isEmergency, CancellationToken cancel);

    /// <summary>Done when all described results are there and usable, else failed with what is wrong with them.</summary>
    protected static ActionStatus Judge(ActionDescription action, IReadOnlyDictionary<string, ActionValue> results)
    {
        foreach (var field in action.Results)
        {
            if (!results.TryGetValue(field.Name, out var value))
                return new ActionStatus.Failed($"The device gave no result '{field.Name}'.");
            if (field.Objection(value) is { } objection)
                return new ActionStatus.Failed($"The device's result '{field.Name}' {objection}.");
        }
        return new ActionStatus.Done(results);
    }

    /// <summary>One exchange within the timeout.</summary>
    /// <exception cref="LinkException">The link failed or nothing came in time.</exception>
    protected async Task<T> Within<T>(Func<CancellationToken, Task<T>> exchange, CancellationToken cancel)
    {
        using var clock = new CancellationTokenSource(timeout, Time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, clock.Token);
        try
        {
            return await exchange(limit.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException or HttpRequestException or System.Net.Sockets.SocketException
            or ProblemException or System.Text.Json.JsonException)
        {
            cancel.ThrowIfCancellationRequested();
            throw new LinkException(clock.IsCancellationRequested ? $"The device did not answer within {timeout.TotalSeconds:0.###} s." : $"The link to the device failed: {failure.Message}", failure);
        }
    }
}

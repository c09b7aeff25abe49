using Dure.Devices;
using Dure.Kernel;
using Dure.Loop;

namespace Dure.Lab.Instruments;

/// <summary>The gate's hand on an instrument: the only place from which a driver is told to begin.</summary>
internal sealed class InstrumentActuator(string name, bool isVirtual, Func<IInstrument?> driver) : IActuator
{
    public string Name => isVirtual ? $"virtual {name}" : name;

    public bool IsSimulated => isVirtual;

    public async Task<Actuation> Act(ProposedAction action, CancellationToken cancel)
    {
        if (driver() is not { } connected)
            return new Actuation(null, ActuationState.Refused, "cannot be reached; nothing was sent");
        var request = new ActionRequest(action.Key ?? throw new ArgumentException("An instrument is commanded under a key.", nameof(action)), action.Action, action.Values);
        return await connected.Start(request, cancel) switch
        {
            StartAnswer.Accepted accepted => new Actuation(null, ActuationState.Begun, $"begun as {accepted.ExecutionId}"),
            StartAnswer.Refused refused => new Actuation(null, ActuationState.Refused, refused.Problem.ToString()),
            StartAnswer.Unknown unknown => new Actuation(null, ActuationState.Unknown, unknown.Cause),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }
}

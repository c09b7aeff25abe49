using Dure.Kernel;

namespace Dure.Historian;

/// <summary>What a signal is for: measured by a machine, or said by people about the machine's state.</summary>
public enum SignalRole
{
    Measurement,
    Label,
}

/// <summary>A signal as it was made known.</summary>
/// <param name="Low">Lower end of the engineering range, in <paramref name="Unit"/>; a sample below it is kept as uncertain.</param>
/// <param name="High">Upper end of the engineering range, in <paramref name="Unit"/>.</param>
public sealed record SignalDefinition(
    SignalId Id, Unit Unit, string Description = "", SignalRole Role = SignalRole.Measurement, double? Low = null, double? High = null);

/// <summary>A signal and what is known of its series now.</summary>
/// <param name="Number">Its number in the store, by order of registration.</param>
/// <param name="Samples">Samples taken, corrections counted again.</param>
/// <param name="First">Time of the oldest sample.</param>
/// <param name="Latest">The newest sample.</param>
public sealed record SignalInfo(int Number, SignalDefinition Definition, long Samples, DateTimeOffset? First, Sample? Latest)
{
    public SignalId Id => Definition.Id;
}

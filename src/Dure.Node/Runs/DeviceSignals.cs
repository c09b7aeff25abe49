using Dure.Kernel;

namespace Dure.Node.Runs;

/// <summary>What a device says about a machine is kept as series beside the machine's own signals.</summary>
internal static class DeviceSignals
{
    public const string Score = "anomaly-score";
    public const string Alarm = "alarm";

    public static bool IsOne(SignalId signal) => signal.Name is Score or Alarm;
}

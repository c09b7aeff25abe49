namespace Dure.Plants.TennesseeEastman.Control;

/// <summary>
/// A proportional and integral controller in velocity form: it moves its output, so that a limit on the output needs no further guard against wind-up.
/// Åström and Hägglund (2006), ch. 13.
/// </summary>
/// <param name="Gain">Output per unit of error; negative where more output lowers the reading.</param>
/// <param name="ResetHours">The time in which the integral repeats the proportional move.</param>
/// <param name="Low">Least output.</param>
/// <param name="High">Greatest output.</param>
internal sealed record PiLoop(double Gain, double ResetHours, double Low, double High)
{
    /// <summary>Moves the output for one interval, in hours.</summary>
    public void Act(ref LoopMemory memory, double setpoint, double reading, double hours)
    {
        var error = setpoint - reading;
        memory.Output = Math.Clamp(memory.Output + Gain * (error - memory.Error + hours / ResetHours * error), Low, High);
        memory.Error = error;
    }
}

/// <summary>What a loop keeps from one interval to the next; lies in the plant's row of numbers.</summary>
internal struct LoopMemory
{
    public double Output;
    public double Error;
}

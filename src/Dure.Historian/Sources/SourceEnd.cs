using Dure.Kernel;

namespace Dure.Historian.Sources;

/// <summary>Waits for a source that was told to stop.</summary>
internal static class SourceEnd
{
    /// <summary>Why it ended, in words; null when it stopped as it was asked. A source that does not stop in time is left behind, and said to be.</summary>
    public static async Task<Problem?> Of(Task running, TimeSpan within, TimeProvider time)
    {
        try
        {
            await running.WaitAsync(within, time);
            return null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (ProblemException refused)
        {
            return refused.Problem;
        }
        catch (TimeoutException)
        {
            return new Problem("urn:dure:sources:does-not-stop", $"The source did not stop within {within.TotalSeconds:0} s.", "source", "Look for a device or file system that hangs.");
        }
#pragma warning disable CA1031 // the outermost loop of a source: whatever it throws, it must not harm another
        catch (Exception fault)
        {
            return Fault(fault);
        }
#pragma warning restore CA1031
    }

    public static Problem Fault(Exception fault) => new("urn:dure:sources:fault", $"The source failed: {fault.Message}", fault.GetType().Name, "It is started again by itself; if this stays, look at the settings and report the words.");
}

using System.Diagnostics;
using Xunit;

namespace Dure.Tests.Mqtt;

/// <summary>Waits for something that another thread does.</summary>
internal static class Wait
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public static async Task Until(Func<bool> condition)
    {
        var begun = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(begun.Elapsed < Deadline, "It did not come about in time.");
            await Task.Delay(5);
        }
    }
}

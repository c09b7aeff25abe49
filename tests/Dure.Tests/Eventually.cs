using System.Diagnostics;
using Xunit;

namespace Dure.Tests;

/// <summary>Waits for what another thread or task does.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task Holds(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < Patience, "It did not come to be.");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}

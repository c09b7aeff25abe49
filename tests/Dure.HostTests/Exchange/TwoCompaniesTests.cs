using System.Diagnostics;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>The sample that shows two companies exchanging a dataset keeps working, as it is written.</summary>
public sealed class TwoCompaniesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_sample_of_two_companies_holds_all_its_checks_from_nothing_to_the_end()
    {
        var start = new ProcessStartInfo("bash") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(Checkout.Root, "samples", "two-companies", "run.sh"));
        start.Environment["DURE"] = Path.Combine(AppContext.BaseDirectory, "dure");
        // How fast it is cannot be told while other tests run; the sample by itself holds the limits of its README.
        (start.Environment["MOST_SECONDS"], start.Environment["MOST_TRANSFER_SECONDS"]) = ("600", "60");
        using var sample = Process.Start(start)!;
        var told = sample.StandardOutput.ReadToEndAsync(Cancel);
        var complaint = sample.StandardError.ReadToEndAsync(Cancel);
        await sample.WaitForExitAsync(Cancel);
        Assert.True(sample.ExitCode == 0, $"{await told}\n{await complaint}");
        Assert.Contains("All checks hold", await told, StringComparison.Ordinal);
    }
}

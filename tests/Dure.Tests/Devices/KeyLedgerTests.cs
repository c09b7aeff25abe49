using Dure.Devices;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Devices;

public sealed class KeyLedgerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dure-ledger-").FullName;

    private string Path => System.IO.Path.Combine(folder, "keys");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_key_is_claimed_once_also_after_opening_again()
    {
        using (var ledger = KeyLedger.Open(Path))
        {
            Assert.Null(ledger.Claim(MadeInstrument.Request("a")));
            Assert.IsType<StartAnswer.Unknown>(ledger.Claim(MadeInstrument.Request("a")));
            Assert.Null(ledger.Claim(MadeInstrument.Request("b")));
            ledger.Name("b", "run-7");
        }
        using var again = KeyLedger.Open(Path);
        Assert.IsType<StartAnswer.Unknown>(again.Claim(MadeInstrument.Request("a")));
        Assert.Equal("run-7", Assert.IsType<StartAnswer.Accepted>(again.Claim(MadeInstrument.Request("b"))).ExecutionId);
        Assert.False(again.TryFind("c", out _));
    }

    [Fact]
    public void A_file_that_a_crash_cut_off_anywhere_holds_every_whole_line()
    {
        using (var ledger = KeyLedger.Open(Path))
        {
            for (var i = 0; i < 5; i++)
                ledger.Claim(MadeInstrument.Request($"key{i}"));
        }
        var whole = File.ReadAllBytes(Path);
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(Path, whole[..length]);
            var lines = whole[..length].Count(b => b == '\n');
            using (var ledger = KeyLedger.Open(Path))
            {
                for (var i = 0; i < 5; i++)
                    Assert.Equal(i < lines, ledger.TryFind($"key{i}", out _));
                Assert.Null(ledger.Claim(MadeInstrument.Request("after")));
            }
            using var again = KeyLedger.Open(Path);
            Assert.True(again.TryFind("after", out _));
        }
    }

    [Fact]
    public void Two_drivers_cannot_share_it()
    {
        using var ledger = KeyLedger.Open(Path);
        Assert.Equal("urn:dure:devices:ledger", Assert.Throws<ProblemException>(() => KeyLedger.Open(Path)).Problem.Type);
    }

    [Fact]
    public void A_key_serves_one_action_only()
    {
        using var ledger = KeyLedger.Open(Path);
        Assert.Null(ledger.Claim(MadeInstrument.Request("a")));
        Assert.IsType<StartAnswer.Refused>(ledger.Claim(MadeInstrument.Request("a") with { Action = "wash" }));
    }

    [Fact]
    public void Another_file_is_refused()
    {
        File.WriteAllText(Path, "this is\nno ledger\n");
        Assert.Contains("Line 1", Assert.Throws<ProblemException>(() => KeyLedger.Open(Path)).Message, StringComparison.Ordinal);
    }
}

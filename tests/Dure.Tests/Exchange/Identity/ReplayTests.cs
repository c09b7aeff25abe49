using Dure.Exchange.Identity;
using Dure.Tests.Evidence;
using Dure.Tests.Mqtt;
using Xunit;

namespace Dure.Tests.Exchange.Identity;

/// <summary>A token works once, whatever happens to the process or the computer in between.</summary>
public sealed class ReplayTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly TestWeb web = new();
    private readonly Participant maker;
    private readonly Participant lab;

    public ReplayTests()
    {
        maker = new Participant("https://maker.example", web, time);
        lab = new Participant("https://lab.example", web, time);
        maker.Knows(lab);
    }

    public void Dispose()
    {
        maker.Dispose();
        lab.Dispose();
    }

    [Theory]
    [InlineData("boot-1", false)]
    [InlineData("boot-1", true)]
    [InlineData("boot-2", true)]
    public async Task A_used_token_does_not_work_again_after_the_process_ended(string boot, bool inOrder)
    {
        var token = lab.Tokens.Issue(maker.Did);
        Assert.IsType<TokenVerdict.Accepted>(await maker.Verify(token));
        maker.Restart(boot, inOrder);
        Assert.Equal(TokenRefusal.UsedBefore, Assert.IsType<TokenVerdict.Refused>(await maker.Verify(token)).Code);
        Assert.IsType<TokenVerdict.Accepted>(await maker.Verify(lab.Tokens.Issue(maker.Did))); // fresh ones work at once
    }

    [Fact]
    public async Task After_a_crash_of_the_computer_tokens_that_may_have_been_used_are_refused_also_from_clocks_that_run_ahead()
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var used = lab.Forge(maker.Did);
        var ahead = lab.Forge(maker.Did, claims => claims["iat"] = now + 29);
        Assert.IsType<TokenVerdict.Accepted>(await maker.Verify(used));
        maker.Restart("boot-2", inOrder: false);
        Assert.Equal(TokenRefusal.UsedBefore, Assert.IsType<TokenVerdict.Refused>(await maker.Verify(used)).Code);
        Assert.Equal(TokenRefusal.UsedBefore, Assert.IsType<TokenVerdict.Refused>(await maker.Verify(ahead)).Code);
        time.Advance(TokenVerifier.Leeway + TimeSpan.FromSeconds(1));
        Assert.IsType<TokenVerdict.Accepted>(await maker.Verify(lab.Tokens.Issue(maker.Did)));
        Assert.Equal(TokenRefusal.UsedBefore, Assert.IsType<TokenVerdict.Refused>(await maker.Verify(used)).Code);
    }

    [Fact]
    public void What_is_full_takes_nothing_new_and_forgets_only_what_expired()
    {
        using var folder = new TempFolder();
        using var seen = SeenTokens.Open(folder.Path, TokenVerifier.Leeway, time, "boot-1", mostTokens: 3);
        var now = time.GetUtcNow();
        foreach (var number in new[] { "1", "2", "3" })
            Assert.Equal(TokenUse.First, seen.Use("did:web:lab.example", number, now, now.AddMinutes(5), now));
        Assert.Equal(TokenUse.Full, seen.Use("did:web:lab.example", "4", now, now.AddMinutes(5), now));
        Assert.Equal(TokenUse.Again, seen.Use("did:web:lab.example", "1", now, now.AddMinutes(5), now));
        var later = now.AddMinutes(16);
        Assert.Equal(TokenUse.First, seen.Use("did:web:lab.example", "4", later, later.AddMinutes(5), later));
        Assert.Single(Directory.GetFiles(folder.Path, "*.seen"));
    }

    [Fact]
    public void A_number_is_the_issuers_own_and_a_cut_record_is_passed_over()
    {
        using var folder = new TempFolder();
        var now = time.GetUtcNow();
        using (var seen = SeenTokens.Open(folder.Path, TokenVerifier.Leeway, time, "boot-1"))
        {
            Assert.Equal(TokenUse.First, seen.Use("did:web:a.example", "1", now, now.AddMinutes(5), now));
            Assert.Equal(TokenUse.First, seen.Use("did:web:b.example", "1", now, now.AddMinutes(5), now));
        }
        var file = Directory.GetFiles(folder.Path, "*.seen").Single();
        File.AppendAllText(file, "half");
        using var again = SeenTokens.Open(folder.Path, TokenVerifier.Leeway, time, "boot-1");
        Assert.Null(again.DoubtfulUntil);
        Assert.Equal(TokenUse.Again, again.Use("did:web:b.example", "1", now, now.AddMinutes(5), now));
        Assert.Equal(TokenUse.First, again.Use("did:web:b.example", "2", now, now.AddMinutes(5), now));
        Assert.Equal(3 * 16, new FileInfo(file).Length);
    }

    [Fact]
    public async Task Of_many_who_show_the_same_token_at_once_one_is_let_in()
    {
        var token = lab.Tokens.Issue(maker.Did);
        var verdicts = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => maker.Verify(token))));
        Assert.Single(verdicts, verdict => verdict is TokenVerdict.Accepted);
    }
}

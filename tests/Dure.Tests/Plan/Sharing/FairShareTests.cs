using Dure.Kernel;
using Dure.Plan.Sharing;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Plan.Sharing;

public sealed class FairShareTests
{
    private static readonly DateTimeOffset Monday = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    [Fact]
    public void Owners_who_always_wait_get_work_by_weight_to_within_one_request_of_each() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var weights = Enumerable.Range(0, random.Next(2, 6)).Select(_ => random.Next(1, 20)).ToArray();
            var share = new FairShare([.. weights.Select((weight, i) => new Share($"o{i}", weight))], Week);
            var (work, most) = (new double[weights.Length], new double[weights.Length]);
            for (var k = 0; k < 300; k++)
                for (var i = 0; i < weights.Length; i++)
                    share.Add(Request(random, $"{i}-{k}", $"o{i}", most, i));
            for (var k = 0; k < 250; k++)
            {
                var next = share.TakeNext(Monday)!;
                work[next.Owner[1] - '0'] += next.Work.TotalHours;
                for (var a = 0; a < weights.Length; a++)
                    for (var b = 0; b < a; b++)
                        if (Math.Abs(work[a] / weights[a] - work[b] / weights[b]) > most[a] / weights[a] + most[b] / weights[b] + 1e-6)
                            return false.Label($"after {k}: {work[a]} of weight {weights[a]}, {work[b]} of weight {weights[b]}");
            }
            return true.Label("");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void No_owner_starves_however_many_requests_and_priorities_the_others_bring() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var share = new FairShare([new("small", 1), new("big", random.Next(1, 100)), new("other", random.Next(1, 100))], Week);
            var most = new double[3];
            for (var k = 0; k < random.Next(200); k++)
            {
                share.Add(Request(random, $"big{k}", "big", most, 1) with { Priority = 9 });
                share.TakeNext(Monday);
            }
            share.Add(Request(random, "mine", "small", most, 0));
            for (var k = 0; ; k++)
            {
                share.Add(Request(random, $"b{k}", "big", most, 1) with { Priority = 9 });
                share.Add(Request(random, $"o{k}", "other", most, 2) with { Priority = 9 });
                if (share.TakeNext(Monday)!.Name == "mine")
                    return true;
                if (k > 1_000)
                    return false;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    [Fact]
    public void A_quota_is_never_exceeded_and_opens_again_with_the_next_period()
    {
        var share = new FairShare([new("a", 1, TimeSpan.FromHours(10)), new("b", 1)], Week);
        for (var i = 0; i < 5; i++)
            share.Add(new($"a{i}", "a", TimeSpan.FromHours(4)));
        Assert.Equal(["a0", "a1"], Taken(share, Monday));
        Assert.Equal(TimeSpan.FromHours(8), share.Used("a", Monday));
        Assert.Equal(["a2", "a3"], Taken(share, Monday + Week));
        Assert.Empty(Taken(share, Monday));
        Assert.Equal(["a4"], Taken(share, Monday + 2 * Week));
    }

    [Fact]
    public void Who_was_away_or_shut_out_by_its_quota_has_saved_nothing_up()
    {
        var share = new FairShare([new("a", 1, TimeSpan.FromHours(4)), new("b", 1)], Week);
        for (var i = 0; i < 40; i++)
            share.Add(new($"b{i}", "b", TimeSpan.FromHours(1)));
        for (var i = 0; i < 8; i++)
            share.Add(new($"a{i}", "a", TimeSpan.FromHours(1)));
        for (var i = 0; i < 22; i++)
            share.TakeNext(Monday);
        // Else the four that its quota lets in would all go first.
        Assert.Equal(["a", "a", "b", "a", "b", "a"], Enumerable.Range(0, 6).Select(_ => share.TakeNext(Monday + Week)!.Owner));
    }

    [Fact]
    public void Within_an_owner_the_more_urgent_goes_first_and_then_the_earlier()
    {
        var share = new FairShare([new("a", 1)], Week);
        share.Add(new("first", "a", TimeSpan.FromHours(1)));
        share.Add(new("second", "a", TimeSpan.FromHours(1)));
        share.Add(new("urgent", "a", TimeSpan.FromHours(1), Priority: 1));
        Assert.Equal(["urgent", "first", "second"], Taken(share, Monday));
    }

    [Fact]
    public void What_took_longer_than_was_said_is_charged()
    {
        var share = new FairShare([new("a", 1), new("b", 1)], Week);
        for (var i = 0; i < 10; i++)
        {
            share.Add(new($"a{i}", "a", TimeSpan.FromHours(1)));
            share.Add(new($"b{i}", "b", TimeSpan.FromHours(1)));
        }
        Assert.Equal("a0", share.TakeNext(Monday)!.Name);
        share.Settle("a0", TimeSpan.FromHours(4));
        Assert.Equal(["b0", "b1", "b2", "b3"], Enumerable.Range(0, 4).Select(_ => share.TakeNext(Monday)!.Name));
        Assert.Equal(TimeSpan.FromHours(4), share.Used("a", Monday));
    }

    [Fact]
    public void Requests_that_can_never_enter_are_refused()
    {
        var share = new FairShare([new("a", 1, TimeSpan.FromHours(2))], Week);
        string Refusal(Action act) => Assert.Throws<ProblemException>(act).Problem.Type["urn:dure:plan:".Length..];
        Assert.Equal("over-quota", Refusal(() => share.Add(new("x", "a", TimeSpan.FromHours(3)))));
        Assert.Equal("no-share", Refusal(() => share.Add(new("x", "b", TimeSpan.FromHours(1)))));
        Assert.Equal("work", Refusal(() => share.Add(new("x", "a", TimeSpan.Zero))));
        Assert.Equal("not-entered", Refusal(() => share.Settle("x", TimeSpan.Zero)));
        Assert.Equal("weight", Refusal(() => _ = new FairShare([new("a", 0)], Week)));
        Assert.Equal("owner-twice", Refusal(() => _ = new FairShare([new("a", 1), new("a", 1)], Week)));
        share.Add(new("x", "a", TimeSpan.FromHours(1)));
        Assert.Equal("name-taken", Refusal(() => share.Add(new("x", "a", TimeSpan.FromHours(1)))));
    }

    private static ShareRequest Request(Random random, string name, string owner, double[] most, int at)
    {
        var work = TimeSpan.FromMinutes(random.Next(1, 600));
        most[at] = Math.Max(most[at], work.TotalHours);
        return new(name, owner, work, random.Next(3));
    }

    private static List<string> Taken(FairShare share, DateTimeOffset now)
    {
        var taken = new List<string>();
        while (share.TakeNext(now) is { } next)
            taken.Add(next.Name);
        return taken;
    }
}

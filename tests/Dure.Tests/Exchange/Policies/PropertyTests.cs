using System.Text;
using Dure.Exchange.Policies;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static Dure.Tests.Exchange.Policies.Questions;

namespace Dure.Tests.Exchange.Policies;

public sealed class PropertyTests
{
    private static readonly PolicyConstraint unknown = new PolicyConstraint.Atomic("urn:example:unknown", PolicyOperator.Eq, "x");

    [Fact]
    public void The_policies_made_by_chance_permit_and_limit_often_enough_to_test_with()
    {
        var made = new MadePolicy(1);
        var decisions = Enumerable.Range(0, 10_000).Select(_ => PolicyJudge.Decide(made.Policy(), made.Question())).OfType<PolicyDecision.Permitted>().ToList();

        Assert.InRange(decisions.Count, 1500, 8500);
        Assert.InRange(decisions.Count(permitted => permitted.Until is not null), 150, 8500);
        Assert.InRange(decisions.Count(permitted => permitted.BytesLeft is not null), 100, 8500);
    }

    [Fact]
    public void Adding_a_condition_never_turns_a_refusal_into_a_permission() => ForSeeds(made =>
    {
        var (policy, question) = (made.Policy(withProhibitions: false), made.Question());
        var narrower = policy with { Permissions = [.. policy.Permissions.Select(rule => rule with { Constraints = [.. rule.Constraints, made.Constraint(2)] })] };
        return Permits(policy, question) || !Permits(narrower, question);
    });

    [Fact]
    public void Adding_a_prohibition_or_an_obligation_never_turns_a_refusal_into_a_permission() => ForSeeds(made =>
    {
        var (policy, question) = (made.Policy(), made.Question());
        return Permits(policy, question)
            || !Permits(policy with { Prohibitions = [.. policy.Prohibitions, made.Rule()] }, question) && !Permits(policy with { Obligations = [.. policy.Obligations, made.Rule()] }, question);
    });

    [Fact]
    public void Something_unknown_under_an_and_an_xone_or_a_prohibition_refuses() => ForSeeds(made =>
    {
        var question = made.Question() with { Action = "use" };
        foreach (var kind in new[] { GroupKind.And, GroupKind.AndSequence, GroupKind.Xone })
        {
            var group = new PolicyConstraint.Group(kind, [made.Constraint(2), unknown, made.Constraint(2)]);
            var wrapped = new PolicyConstraint.Group(GroupKind.Xone, [new PolicyConstraint.Group(GroupKind.Or, [made.Fitting(), unknown]), made.Fitting()]);
            var policies = new[] { group, wrapped }.Select(inner => new UsagePolicy { Permissions = [new PolicyRule("use", [made.Constraint(2), inner])] })
                .Append(new UsagePolicy { Permissions = [new PolicyRule("use", [])], Prohibitions = [new PolicyRule("use", [made.Constraint(2), group])] });
            if (policies.Any(policy => Permits(policy, question)))
                return false;
        }
        return true;
    });

    [Fact]
    public void Until_the_limit_every_moment_is_permitted_and_at_it_it_is_refused() => ForSeeds(made =>
    {
        var (policy, question) = (made.Policy(), made.Question());
        if (PolicyJudge.Decide(policy, question) is not PolicyDecision.Permitted permitted)
            return true;
        var isRight = permitted.Until is not { } until
            || Permits(policy, question with { Now = until.AddTicks(-1) }) && !Permits(policy, question with { Now = until }) && until > question.Now;
        isRight &= permitted.UsesLeft is not { } uses || uses > 0 && Permits(policy, question with { Uses = question.Uses + uses - 1 }) && !Permits(policy, question with { Uses = question.Uses + uses });
        isRight &= permitted.BytesLeft is not { } bytes || bytes > 0 && Permits(policy, question with { Bytes = question.Bytes + bytes - 1 });
        // Wherever a stream may be before its limits, in time and in bytes, it is still allowed.
        var random = new Random(policy.GetHashCode());
        for (var i = 0; i < 20; i++)
        {
            var later = permitted.Until is { } end ? question.Now.AddTicks(random.NextInt64((end - question.Now).Ticks)) : question.Now.AddDays(random.Next(3000));
            var delivered = question.Bytes + random.NextInt64(permitted.BytesLeft ?? 5000);
            isRight &= Permits(policy, question with { Now = later, Bytes = delivered });
        }
        return isRight;
    });

    [Fact]
    public void A_refusal_has_a_reason_and_every_policy_has_words() => ForSeeds(made =>
    {
        var policy = made.Policy();
        return (PolicyJudge.Decide(policy, made.Question()) is not PolicyDecision.Refused refused
                || refused.Reasons.Count > 0 && refused.Reasons.All(reason => reason.Sentence.EndsWith('.') && reason.In("ko") != reason.Sentence))
            && new[] { "en", "ko" }.All(language => PolicyWords.Describe(policy, language) is { Count: > 0 } sentences && sentences.All(sentence => sentence.Length > 2));
    });

    [Fact]
    public void What_is_written_is_read_the_same() => ForSeeds(made =>
    {
        var policy = made.Policy();
        var read = UsagePolicy.Parse(Encoding.UTF8.GetBytes(policy.ToString()));
        return read == policy && read.SameRulesAs(policy) && read.ToString() == policy.ToString() && policy.ToJson().ToJsonString().Length > 0;
    });

    [Fact]
    public void Another_order_or_spelling_is_the_same_rules_and_gives_the_same_answers() => ForSeeds(made =>
    {
        var (policy, question) = (made.Policy(), made.Question());
        var respelled = made.Respelled(policy);
        return policy.SameRulesAs(respelled) && Permits(policy, question) == Permits(respelled, question);
    });

    [Fact]
    public void Policies_that_are_the_same_rules_never_answer_differently() => ForSeeds(made =>
    {
        var (one, other) = (new UsagePolicy { Permissions = [new PolicyRule("use", [made.Fitting()])] }, new UsagePolicy { Permissions = [new PolicyRule("use", [made.Fitting()])] });
        return !one.SameRulesAs(other) || Enumerable.Range(0, 10).Select(_ => made.Question()).All(question => Permits(one, question) == Permits(other, question));
    });

    [Fact]
    public void What_is_combined_permits_exactly_what_every_source_permits() => ForSeeds(made =>
    {
        UsagePolicy[] sources = [made.Policy(), made.Policy(), made.Policy(withProhibitions: false)];
        var combined = PolicyInheritance.Combine(sources);
        return Enumerable.Range(0, 10).Select(_ => made.Question()).All(question => Permits(combined, question) == sources.All(source => Permits(source, question)))
            && (!PolicyInheritance.MayPassOn(combined) || sources.All(source => source.Permissions.Any(rule => rule.Action == "distribute")))
            && UsagePolicy.Parse(Encoding.UTF8.GetBytes(combined.ToString())).SameRulesAs(combined);
    });

    [Fact]
    public void A_policy_tied_to_its_agreement_answers_as_before_and_asks_for_no_agreement() => ForSeeds(made =>
    {
        var (policy, question) = (made.Policy(), made.Question() with { AgreedAt = AgreedAt });
        var anchored = PolicyInheritance.Anchored(policy, AgreedAt);
        return Permits(anchored, question) == Permits(policy, question) && Permits(anchored, question) == Permits(anchored, question with { AgreedAt = question.Now });
    });

    [Fact]
    public void Terms_come_back_from_their_policy() => ForSeeds(made =>
    {
        var terms = made.Terms();
        return PolicyTerms.TryFrom(terms.ToPolicy(), out var again) && again == terms
            && PolicyTerms.TryFrom(UsagePolicy.Parse(Encoding.UTF8.GetBytes(terms.ToPolicy().ToString())), out again) && again == terms && again.Until?.Offset == terms.Until?.Offset;
    });

    [Fact]
    public void Terms_are_made_only_of_what_they_say() => ForSeeds(made =>
    {
        var policy = made.Policy();
        return !PolicyTerms.TryFrom(policy, out var terms) || terms.ToPolicy().SameRulesAs(policy);
    });

    [Fact]
    public void No_bytes_make_the_reader_throw_anything_but_a_problem() => Fuzz(20_000);

    [Fact]
    [Trait("Speed", "Slow")]
    public void No_bytes_make_the_reader_throw_anything_but_a_problem_in_a_million_tries() => Fuzz(1_000_000);

    private static void Fuzz(int tries)
    {
        const int Seed = 20261121;
        var made = new MadePolicy(Seed);
        var read = 0;
        for (var i = 0; i < tries; i++)
        {
            var json = made.MutatedBytes();
            try
            {
                var policy = UsagePolicy.Parse(json);
                read++;
                PolicyJudge.Decide(policy, made.Question());
                Assert.Equal(policy, UsagePolicy.Parse(Encoding.UTF8.GetBytes(policy.ToString())));
                Assert.True(PolicyWords.Describe(policy, i % 2 == 0 ? "en" : "ko").Count > 0);
                PolicyTerms.TryFrom(policy, out _);
            }
            catch (ProblemException)
            {
            }
            catch (Exception thrown)
            {
                Assert.Fail($"Seed {Seed}, try {i}, {Convert.ToHexString(json)}: {thrown}");
            }
        }
        Assert.InRange(read, tries / 10, tries);
    }

    private static void ForSeeds(Func<MadePolicy, bool> holds) => Prop.ForAll<int>(seed => holds(new MadePolicy(seed))).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
}

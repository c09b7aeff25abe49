using System.Text;
using Dure.Exchange.Policies;
using Dure.Kernel;
using Xunit;
using static Dure.Tests.Exchange.Policies.Questions;

namespace Dure.Tests.Exchange.Policies;

public sealed class ReaderTests
{
    [Theory]
    [InlineData("[]", "policy")]
    [InlineData("{}", "policy")]
    [InlineData("{'permission':[]}", "policy")]
    [InlineData("{'obligation':[{'action':'use'}]}", "policy")]
    [InlineData("{'permission':{'action':'use'}}", "permission")]
    [InlineData("{'permission':['use']}", "permission[0]")]
    [InlineData("{'permission':[{}]}", "permission[0]")]
    [InlineData("{'permission':[{'action':'use'}],'permission':[{'action':'use','constraint':[{'or':[]}]}]}", "policy")]
    [InlineData("{'permission':[{'action':'use','\\u0061ction':'sell'}]}", "permission[0]")]
    [InlineData("{'permission':[{'action':{'@id':'use'}}]}", "permission[0].action")]
    [InlineData("{'permission':[{'action':'use','action':'sell'}]}", "permission[0]")]
    [InlineData("{'permission':[{'action':'use','constraint':{}}]}", "permission[0].constraint")]
    [InlineData("{'permission':[{'action':'use','constraint':[{}]}]}", "permission[0].constraint[0]")]
    [InlineData("{'permission':[{'action':'use','constraint':[{'leftOperand':'count','operator':'lteq'}]}]}", "permission[0].constraint[0]")]
    [InlineData("{'permission':[{'action':'use','constraint':[{'leftOperand':'count','operator':'lteq','rightOperand':5}]}]}", "permission[0].constraint[0].rightOperand")]
    [InlineData("{'permission':[{'action':'use','constraint':[{'leftOperand':'count','operator':'lteq','rightOperand':true}]}]}", "permission[0].constraint[0].rightOperand")]
    [InlineData("{'permission':[{'action':'use','constraint':[{'leftOperand':'count','operator':'odrl:lteq','rightOperand':'5'}]}]}", "permission[0].constraint[0].operator")]
    [InlineData("{'permission':[{'action':'use','constraint':[{'leftOperand':'count','operator':'in','rightOperand':'5'}]}]}", "permission[0].constraint[0].operator")]
    [InlineData("{'permission':[{'action':'use','constraint':[{'leftOperand':5,'operator':'eq','rightOperand':'5'}]}]}", "permission[0].constraint[0].leftOperand")]
    [InlineData("{'permission':[{'action':'use','constraint':[{'and':[],'or':[]}]}]}", "permission[0].constraint[0]")]
    [InlineData("{'permission':[{'action':'use','constraint':[{'and':[],'leftOperand':'count'}]}]}", "permission[0].constraint[0]")]
    [InlineData("{'permission':[{'action':'use','constraint':[{'xone':[{'and':{}}]}]}]}", "permission[0].constraint[0].xone[0].and")]
    [InlineData("{'permission':[{'action':'use','constraint':[{'leftOperand':'spatial','operator':'eq','rightOperand':{'a':{'b':1,'b':2}}}]}]}", "permission[0].constraint[0].rightOperand")]
    [InlineData("{'permission':[{'action':'\\ud800'}]}", "permission[0].action")]
    [InlineData("{'permission':[{'action':'use','\\ud800':1}]}", "permission[0]")]
    [InlineData("{'permission':[", "policy")]
    public void What_the_schema_does_not_allow_is_refused_with_its_path(string json, string path)
    {
        var problem = Assert.Throws<ProblemException>(() => Policy(json)).Problem;

        Assert.Equal("urn:dure:exchange:bad-policy", problem.Type);
        Assert.Equal(path, problem.Where);
        Assert.NotEmpty(problem.Mend);
    }

    [Fact]
    public void An_offer_as_a_connector_sends_it_is_read_and_written_back_compact()
    {
        var offer = Policy("""
            {"@context":["https://w3id.org/dspace/2025/1/context.jsonld"],"@id":"b2ZmZXI=:ZHM=:1","@type":"Offer","target":"ds-weld-01","profile":"cx","assigner":"did:web:maker.example",
             "permission":[{"@type":"Permission","@id":"r1","action":"use","constraint":[{"@type":"AtomicConstraint","@id":"c1","leftOperand":"count","operator":"lteq","rightOperand":"3"},
             {"@type":"LogicalConstraint","or":[{"leftOperand":"spatial","operator":"isAnyOf","rightOperand":["KR","EU"]}]}]}],"prohibition":[],"obligation":[]}
            """);

        Assert.Equal("""{"permission":[{"action":"use","constraint":[{"leftOperand":"count","operator":"lteq","rightOperand":"3"},{"or":[{"leftOperand":"spatial","operator":"isAnyOf","rightOperand":["KR","EU"]}]}]}]}""", offer.ToString());
        Assert.True(Permits(offer, Ask()));
        Assert.Equal(offer, Policy(offer.ToJson().ToJsonString()));
    }

    [Fact]
    public void Size_depth_and_number_are_bounded()
    {
        Assert.Contains("permission", Refused(Nested(UsagePolicy.MaxNesting)).Where);
        Assert.NotNull(Policy(Nested(UsagePolicy.MaxNesting - 1)));
        Assert.Equal("permission[0].constraint[255]", Refused(Many(256)).Where);
        Assert.NotNull(Policy(Many(255)));
        Assert.Equal("policy", Refused($"{{'permission':[{{'action':'use'}}],'x':'{new string('x', 300_000)}'}}").Where);
        Assert.Equal("permission[0].action", Refused($"{{'permission':[{{'action':'{new string('x', 600)}'}}]}}").Where);
        Assert.EndsWith("rightOperand", Refused($"{{'permission':[{{'action':'use','constraint':[{Atom("spatial", "isAnyOf", $"[{string.Join(',', Enumerable.Repeat("'KR'", 1025))}]")}]}}]}}").Where);
        Assert.EndsWith("rightOperand", Refused($"{{'permission':[{{'action':'use','constraint':[{Atom("spatial", "eq", new string('[', 30).Replace("[", "{'a':") + "1" + new string('}', 30))}]}}]}}").Where);

        static Problem Refused(string json) => Assert.Throws<ProblemException>(() => Policy(json)).Problem;
        static string Nested(int levels) => $"{{'permission':[{{'action':'use','constraint':[{string.Concat(Enumerable.Repeat("{'and':[", levels))}{Atom("spatial", "eq", "'KR'")}{string.Concat(Enumerable.Repeat("]}", levels))}]}}]}}";
        static string Many(int atoms) => $"{{'permission':[{{'action':'use','constraint':[{string.Join(',', Enumerable.Repeat(Atom("spatial", "eq", "'KR'"), atoms))}]}}]}}";
    }

    [Theory]
    [InlineData("[{'and':[$A,$B]}]", "[$B,$A]", true)]
    [InlineData("[$A,{'and':[$B,{'and':[$C]}]}]", "[$C,$B,$A]", true)]
    [InlineData("[{'or':[$A,$B]}]", "[{'or':[$B,$A]}]", true)]
    [InlineData("[{'xone':[$A,$B]}]", "[{'xone':[$B,$A]}]", true)]
    [InlineData("[{'xone':[$A,$A]}]", "[{'xone':[$A]}]", false)]
    [InlineData("[{'andSequence':[$A,$B]}]", "[{'andSequence':[$B,$A]}]", false)]
    [InlineData("[{'or':[$A,$B]}]", "[{'xone':[$A,$B]}]", false)]
    [InlineData("[$A]", "[$A,$B]", false)]
    [InlineData("[$A]", "[{'leftOperand':'http://www.w3.org/ns/odrl/2/count','operator':'lteq','rightOperand':'3','@id':'c'}]", true)]
    [InlineData("[$A]", "[{'leftOperand':'count','operator':'lteq','rightOperand':'4'}]", false)]
    [InlineData("[$A]", "[{'leftOperand':'count','operator':'lteq','rightOperand':'3','unit':'x'}]", false)]
    [InlineData("[$B]", "[{'leftOperand':'spatial','operator':'isAnyOf','rightOperand':['EU','KR','EU']}]", true)]
    [InlineData("[$B]", "[{'leftOperand':'spatial','operator':'isAllOf','rightOperand':['EU','KR']}]", false)]
    [InlineData("[$C]", "[{'leftOperand':'spatial','operator':'isAnyOf','rightOperand':'KR'}]", true)]
    [InlineData("[$C]", "[{'leftOperand':'spatial','operator':'isAnyOf','rightOperand':['KR\\',\\'EU']}]", false)]
    public void The_same_rules_are_known_again_in_another_order_and_no_others(string one, string other, bool same)
    {
        var (left, right) = (Policy(Filled(one)), Policy(Filled(other)));

        Assert.Equal(same, left.SameRulesAs(right));
        Assert.Equal(same, right.SameRulesAs(left));

        static string Filled(string constraints) => "{'permission':[{'action':'use','constraint':" + constraints.Replace("$A", Atom("count", "lteq", "'3'"))
            .Replace("$B", Atom("spatial", "isAnyOf", "['KR','EU']")).Replace("$C", Atom("spatial", "isAnyOf", "['KR']")) + "}]}";
    }

    [Fact]
    public void A_changed_policy_means_what_it_says_now()
    {
        var open = Policy("{'permission':[{'action':'use'}]}");
        Assert.True(open.SameRulesAs(Policy("{'permission':[{'action':'http://www.w3.org/ns/odrl/2/use','constraint':[]}]}")));

        Assert.False((open with { Prohibitions = [new PolicyRule("use", [])] }).SameRulesAs(open));
    }

    [Fact]
    public void Text_is_shown_without_what_hides_or_turns_it()
    {
        var sentence = Assert.Single(((PolicyDecision.Refused)PolicyJudge.Decide(UseWhen("x\u202Ey\\u0007", "eq", $"'{new string('z', 500)}'"), Ask())).Reasons).Sentence;

        Assert.DoesNotContain(sentence, c => c is '\u202E' or '\u0007');
        Assert.True(sentence.Length < 400, sentence);
        Assert.True(Encoding.UTF8.GetByteCount(sentence) > 0);
    }
}

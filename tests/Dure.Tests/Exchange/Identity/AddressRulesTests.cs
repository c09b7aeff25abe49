using System.Net;
using System.Net.Sockets;
using System.Text;
using Dure.Exchange.Identity;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Exchange.Identity;

/// <summary>Where the node connects when a partner says where.</summary>
public sealed class AddressRulesTests
{
    private static readonly Uri Public = new("https://maker.example");
    private static readonly Uri Local = new("http://127.0.0.1:5210");

    [Theory]
    [InlineData("93.184.215.14", true)]
    [InlineData("2606:2800:21f:cb07:6820:80da:af6b:8b2c", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.255.255.254", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("0.1.2.3", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("100.127.255.255", false)]
    [InlineData("100.128.0.1", true)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.0.0.1", false)]
    [InlineData("192.0.2.1", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("192.169.1.1", true)]
    [InlineData("198.18.0.1", false)]
    [InlineData("198.51.100.1", false)]
    [InlineData("203.0.113.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("239.255.255.255", false)]
    [InlineData("240.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::ffff:93.184.215.14", false)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("64:ff9b:1::a00:1", false)]
    [InlineData("100::1", false)]
    [InlineData("2001::1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("2002:7f00:1::1", false)]
    [InlineData("3fff::1", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fd12:3456::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fec0::1", false)]
    [InlineData("ff02::1", false)]
    public void Only_public_addresses_are_reached_for_strangers(string address, bool isReached) =>
        Assert.Equal(isReached, Rules(Public).MayConnect("partner.example", 443, IPAddress.Parse(address)));

    [Theory]
    [InlineData("10.0.0.1", true)]
    [InlineData("fd12::1", true)]
    [InlineData("169.254.169.254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("224.0.0.1", false)]
    public void An_introduced_partner_may_be_in_the_same_private_network_but_not_on_this_computer(string address, bool isReached) =>
        Assert.Equal(isReached, Rules(Public, introduced: "partner.example:443").MayConnect("partner.example", 443, IPAddress.Parse(address)));

    [Fact]
    public void On_one_computer_introduced_partners_are_reached_at_their_own_port_only()
    {
        var rules = Rules(Local, introduced: "127.0.0.1:5310");
        Assert.True(rules.MayConnect("127.0.0.1", 5310, IPAddress.Loopback));
        Assert.False(rules.MayConnect("127.0.0.1", 5311, IPAddress.Loopback));
        Assert.False(Rules(Local).MayConnect("127.0.0.1", 5310, IPAddress.Loopback));
        rules.Check(new Uri("http://127.0.0.1:5310/x"));
        Assert.Throws<ProblemException>(() => rules.Check(new Uri("http://127.0.0.1:5311/x")));
        Assert.Throws<ProblemException>(() => Rules(Public, introduced: "127.0.0.1:5310").Check(new Uri("http://127.0.0.1:5310/x")));
    }

    [Theory]
    [InlineData("plant.internal", "plant.internal", 443)]
    [InlineData("plant.internal:8443", "plant.internal", 8443)]
    [InlineData("PLANT.internal", "plant.INTERNAL", 443)]
    public void The_operator_may_allow_a_host_or_one_port_of_it(string allowed, string host, int port)
    {
        var rules = Rules(Public, allowed: allowed);
        Assert.True(rules.MayConnect(host, port, IPAddress.Parse("10.0.0.9")));
        Assert.False(rules.MayConnect("other.internal", port, IPAddress.Parse("10.0.0.9")));
        Assert.False(rules.MayConnect(host, port, IPAddress.Parse("224.0.0.1")));
        if (allowed.Contains(':'))
            Assert.False(rules.MayConnect(host, 443, IPAddress.Parse("10.0.0.9")));
    }

    [Theory]
    [InlineData("http://partner.example/")]
    [InlineData("ftp://partner.example/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://user:secret@partner.example/")]
    [InlineData("http://localhost/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f.1/")]
    public void What_is_not_a_plain_https_address_is_refused_before_any_look_up(string address) =>
        Assert.Throws<ProblemException>(() => Rules(Public).Check(new Uri(address)));

    [Fact]
    public async Task The_client_refuses_this_computer_follows_no_redirect_and_reads_no_more_than_allowed()
    {
        using var door = new TcpListener(IPAddress.Loopback, 0);
        door.Start();
        var port = ((IPEndPoint)door.LocalEndpoint).Port;
        _ = Serve(door);
        var cancel = TestContext.Current.CancellationToken;

        using var closed = new GuardedHttp(new AddressRules([], (_, _) => false, () => Public));
        foreach (var address in new[] { $"https://127.0.0.1:{port}/", $"https://localhost:{port}/", $"https://[::ffff:127.0.0.1]:{port}/", $"http://127.0.0.1:{port}/" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            Assert.Equal("urn:dure:exchange:address-refused", (await Assert.ThrowsAsync<ProblemException>(() => closed.Send(request, 1000, cancel))).Problem.Type);
        }

        using var open = new GuardedHttp(new AddressRules([$"127.0.0.1:{port}"], (_, _) => false, () => Public));
        using var redirected = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/redirect");
        Assert.Equal(HttpStatusCode.Redirect, (await open.Send(redirected, 1000, cancel)).Status);
        foreach (var path in new[] { "large", "endless", "packed" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/{path}");
            Assert.Equal("urn:dure:exchange:partner-unreachable", (await Assert.ThrowsAsync<ProblemException>(() => open.Send(request, 1000, cancel))).Problem.Type);
        }
        door.Stop();
    }

    private static AddressRules Rules(Uri own, string? introduced = null, string? allowed = null) =>
        new(allowed is null ? [] : [allowed], (host, port) => $"{host}:{port}" == introduced, () => own);

    private static async Task Serve(TcpListener door)
    {
        try
        {
            while (true)
            {
                using var client = await door.AcceptTcpClientAsync();
                await using var stream = client.GetStream();
                var buffer = new byte[4096];
                var length = await stream.ReadAsync(buffer);
                var path = Encoding.ASCII.GetString(buffer, 0, length).Split(' ')[1];
                var answer = path switch
                {
                    "/redirect" => "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n",
                    "/large" => "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n",
                    "/packed" => "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n",
                    _ => "HTTP/1.1 200 OK\r\n",
                };
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer + "Connection: close\r\n\r\n" + new string('x', path == "/endless" ? 5000 : 2)));
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or IOException)
        {
            // The test is over, or the client hung up.
        }
    }
}

using Microsoft.Playwright;

namespace Maildrop.Locking.OperatorTests.Web;

/// <summary>The page in headless Chromium.</summary>
public sealed class PageTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Shows_and_searches_a_thousand_holders()
    {
        await using var site = await LockSite.StartAsync();
        await site.HoldAsync(Enumerable.Range(0, 1000).Select(i => $"user{i}"));
        var page = await OpenAsync(site);

        await Assertions.Expect(page.Locator("#rows tr")).ToHaveCountAsync(1000);
        await page.Locator("#search").FillAsync("user99");

        await Assertions.Expect(page.Locator("#rows tr")).ToHaveCountAsync(11);
        await Assertions.Expect(page.Locator("#count")).ToHaveTextAsync("11 of 1000 holders");
    }

    [Fact]
    public async Task Asks_before_it_revokes()
    {
        await using var site = await LockSite.StartAsync();
        var lease = Assert.Single(await site.HoldAsync("alice"));
        var page = await OpenAsync(site);

        await page.GetByLabel("Revoke alice").ClickAsync();
        await Assertions.Expect(page.Locator("#question")).ToContainTextAsync("alice");
        await page.Locator("#no").ClickAsync();
        Assert.False(lease.LostToken.IsCancellationRequested);

        await page.GetByLabel("Revoke alice").ClickAsync();
        var answered = page.WaitForResponseAsync(response => response.Request.Method == "DELETE");
        await page.Locator("#yes").ClickAsync();

        Assert.Equal(204, (await answered).Status);
        Assert.True(lease.LostToken.IsCancellationRequested);
    }

    [Fact]
    public async Task Says_that_the_connection_is_lost_and_recovers()
    {
        var site = await LockSite.StartAsync();
        var page = await OpenAsync(site);
        await Assertions.Expect(page.Locator("#state")).ToHaveTextAsync("Live");

        await site.DisposeAsync();
        await Assertions.Expect(page.Locator("#state")).ToContainTextAsync("Connection lost", new() { Timeout = 30_000 });

        await using var again = await LockSite.StartAsync(site.Address.Port);
        await Assertions.Expect(page.Locator("#state")).ToHaveTextAsync("Live", new() { Timeout = 30_000 });
    }

    [Fact]
    public async Task Shows_names_that_try_to_be_script_as_text()
    {
        const string Name = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>";
        await using var site = await LockSite.StartAsync();
        await site.HoldAsync(Name);
        var page = await OpenAsync(site);

        await Assertions.Expect(page.Locator("#rows tr td").First).ToHaveTextAsync(Name);
        await page.Locator("#rows button").ClickAsync();
        await Assertions.Expect(page.Locator("#question")).ToContainTextAsync(Name);
        Assert.Equal(0, await page.Locator("#rows img, #rows script, #question img").CountAsync());
        Assert.Equal("Maildrop locks", await page.TitleAsync());
    }

    [Fact]
    public async Task Shows_that_a_lease_is_revoked_until_its_session_releases_it()
    {
        await using var site = await LockSite.StartAsync();
        var lease = Assert.Single(await site.HoldAsync("alice"));
        Assert.True(await site.Lock.RevokeAsync("alice", lease.FencingToken, Cancel));
        var page = await OpenAsync(site);
        await Assertions.Expect(page.GetByLabel("Revoke alice")).ToHaveTextAsync("Revoked");
        await Assertions.Expect(page.GetByLabel("Revoke alice")).ToBeDisabledAsync();

        await lease.DisposeAsync();
        await Assertions.Expect(page.Locator("#rows tr")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Is_usable_by_keyboard_alone()
    {
        await using var site = await LockSite.StartAsync();
        var leases = await site.HoldAsync("alice", "bob");
        var page = await OpenAsync(site);
        await Assertions.Expect(page.Locator("#rows tr")).ToHaveCountAsync(2);

        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.Locator("#search")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("th").First).ToHaveAttributeAsync("aria-sort", "descending");
        await Assertions.Expect(page.Locator("#rows td").First).ToHaveTextAsync("bob");

        for (var column = 0; column < 8; column++)
        {
            await page.Keyboard.PressAsync("Tab");
        }

        await Assertions.Expect(page.GetByLabel("Revoke bob")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#no")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator("#ask")).ToBeHiddenAsync();
        await Assertions.Expect(page.GetByLabel("Revoke bob")).ToBeFocusedAsync();

        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Tab");
        var answered = page.WaitForResponseAsync(response => response.Request.Method == "DELETE");
        await page.Keyboard.PressAsync("Enter");
        Assert.Equal(204, (await answered).Status);
        Assert.False(leases[0].LostToken.IsCancellationRequested);
        Assert.True(leases[1].LostToken.IsCancellationRequested);
    }

    [Fact]
    public async Task Fits_a_phone()
    {
        await using var site = await LockSite.StartAsync();
        await site.HoldAsync("a-name-without-a-place-to-break-it-" + new string('x', 100) + "@example.org", "bob");
        var page = await OpenAsync(site, new() { ViewportSize = new() { Width = 360, Height = 740 } });

        await Assertions.Expect(page.Locator("#rows tr")).ToHaveCountAsync(2);
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= 360"));
        await page.GetByLabel("Revoke bob").ClickAsync();
        await Assertions.Expect(page.Locator("#yes")).ToBeInViewportAsync();
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Follows_the_system_in_light_and_dark(ColorScheme scheme)
    {
        await using var site = await LockSite.StartAsync();
        await site.HoldAsync("alice");
        var page = await OpenAsync(site, new() { ColorScheme = scheme });
        await Assertions.Expect(page.Locator("#rows tr")).ToHaveCountAsync(1);

        // WCAG 2.2: 4.5 to 1 for text.
        Assert.Equal(scheme == ColorScheme.Dark, await LuminanceAsync(page, "body", "backgroundColor") < 0.2);
        foreach (var text in new[] { "#rows td", "#rows button", "figcaption", "#state" })
        {
            var (fore, back) = (await LuminanceAsync(page, text, "color"), await LuminanceAsync(page, text == "#state" ? "body" : "figure", "backgroundColor"));
            Assert.InRange((Math.Max(fore, back) + 0.05) / (Math.Min(fore, back) + 0.05), 4.5, 21);
        }
    }

    [Fact]
    public async Task Loads_nothing_from_elsewhere_and_runs_no_other_script()
    {
        await using var site = await LockSite.StartAsync();
        var page = await chromium.NewPageAsync();
        var asked = new System.Collections.Concurrent.ConcurrentBag<string>();
        page.Request += (_, request) => asked.Add(request.Url);
        var response = await page.GotoAsync(new Uri(site.Address, "/locks").ToString());
        await Assertions.Expect(page.Locator("#state")).ToHaveTextAsync("Live");

        Assert.Contains("default-src 'none'", response!.Headers["content-security-policy"], StringComparison.Ordinal);
        Assert.All(asked, url => Assert.StartsWith(site.Address.ToString(), url, StringComparison.Ordinal));
        await page.EvaluateAsync("""
            const script = document.createElement('script');
            script.textContent = "document.title = 'run'";
            document.body.append(script);
            """);
        Assert.Equal("Maildrop locks", await page.TitleAsync());
    }

    [Fact]
    public async Task Charts_what_the_locks_did()
    {
        await using var site = await LockSite.StartAsync();
        await site.HoldAsync("alice");
        await using var refused = await site.Lock.AcquireAsync("alice", cancellationToken: Cancel);
        var page = await OpenAsync(site);

        // An interval is five seconds.
        await Assertions.Expect(page.Locator("figure").Filter(new() { HasText = "Refusals" }).Locator("b")).ToHaveTextAsync("1", new() { Timeout = 30_000 });
        await Assertions.Expect(page.Locator("figure").Filter(new() { HasText = "Held" }).Locator("b")).ToHaveTextAsync("1");
    }

    private static Task<double> LuminanceAsync(IPage page, string selector, string property) => page.EvaluateAsync<double>(
        """
        ([selector, property]) => getComputedStyle(document.querySelector(selector))[property].match(/[\d.]+/g).slice(0, 3)
          .map(text => text / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
          .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0)
        """,
        new[] { selector, property });

    private async Task<IPage> OpenAsync(LockSite site, BrowserNewPageOptions? options = null)
    {
        var page = await chromium.NewPageAsync(options);
        await page.GotoAsync(new Uri(site.Address, "/locks").ToString());
        return page;
    }
}

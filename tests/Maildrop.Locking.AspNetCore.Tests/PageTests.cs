using Microsoft.Playwright;

namespace Maildrop.Locking.AspNetCore.Tests;

/// <summary>The page in headless Chromium.</summary>
public sealed class PageTests : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Chromium))
        {
            return;
        }

        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

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

    private async Task<IPage> OpenAsync(LockSite site)
    {
        Assert.SkipUnless(_browser is not null, "chromium is not installed.");
        var page = await _browser.NewPageAsync();
        await page.GotoAsync(new Uri(site.Address, "/locks").ToString());
        return page;
    }
}

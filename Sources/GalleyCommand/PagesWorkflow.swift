/// The workflow file that a new site gets: GitHub runs its notebooks, holds them against their records, and publishes them.
enum PagesWorkflow {
    static let path = ".github/workflows/pages.yml"

    static let text = #"""
        # Publishes this folder on GitHub Pages. Every notebook is run, and where an output differs from its record, or there is
        # no record, nothing is published: commit the .ipynb files that `galley render` writes beside the notebooks.
        #
        # Once, in the repository's settings: Pages, source "GitHub Actions"; and under Actions, Variables, a variable GALLEY with the
        # owner/name of the repository that Galley comes from. For the links of feeds and previews, give site.yaml its url.
        name: Pages
        on:
          push:
            branches: [main]
          pull_request:
          workflow_dispatch:
        permissions:
          contents: read
        concurrency:
          group: pages-${{ github.ref }}
          cancel-in-progress: true
        jobs:
          build:
            runs-on: ubuntu-latest
            container: swift:6.3-bookworm
            steps:
              - uses: actions/checkout@v4
              - uses: actions/checkout@v4
                with:
                  repository: ${{ vars.GALLEY }}
                  path: .galley
              - uses: actions/cache@v4
                with:
                  path: |
                    .galley/.build
                    ~/.cache/galley
                  key: galley-${{ hashFiles('.galley/Package.swift', '.galley/Sources/**') }}
                  restore-keys: galley-
              - name: Install
                run: |
                  apt-get update -q
                  .galley/Scripts/install "$HOME/.local"
                  echo "$HOME/.local/bin" >> "$GITHUB_PATH"
              - name: Check
                run: galley check .
              - name: Render
                run: galley render . --output _site
              - uses: actions/upload-pages-artifact@v3
                with:
                  path: _site
          deploy:
            if: github.ref == 'refs/heads/main' && github.event_name != 'pull_request'
            needs: build
            runs-on: ubuntu-latest
            permissions:
              pages: write
              id-token: write
            environment:
              name: github-pages
              url: ${{ steps.deployment.outputs.page_url }}
            steps:
              - id: deployment
                uses: actions/deploy-pages@v4
        """#
}
